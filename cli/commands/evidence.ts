import type { Command } from 'commander';
import type { ItemOf } from '../admin-client.ts';
import type { View } from '../printer.ts';
import type { Session, WithSession } from '../session.ts';

const endpointView: View<ItemOf<'listEndpoints'>> = {
  id: ({ region }) => region,
  columns: [
    { title: 'REGION', value: ({ region }) => region },
    { title: 'URL', value: ({ url }) => url },
    { title: 'POLICY', value: ({ policy }) => policy.status },
    { title: 'ITEMS', value: ({ policy }) => policy.items, align: 'right' },
    { title: 'MISSING', value: ({ policy }) => policy.missing, align: 'right' },
    { title: 'STALE', value: ({ policy }) => policy.stale, align: 'right' },
    { title: 'FOREIGN', value: ({ policy }) => policy.foreign, align: 'right' },
    { title: 'COMPARED', value: ({ policy }) => policy.comparedAt ?? 'never' },
  ],
  members: () => [],
};

const modelCheckView: View<ItemOf<'listModelChecks'>> = {
  id: ({ model, checkedAt }) => `${model} ${checkedAt}`,
  columns: [
    { title: 'MODEL', value: ({ model }) => model },
    { title: 'CHECKED', value: ({ checkedAt }) => checkedAt },
    { title: 'RESULT', value: ({ result }) => result },
    { title: 'MS', value: ({ latencyMs }) => latencyMs, align: 'right' },
  ],
  members: () => [],
};

/** `endpoints` and `model-checks`: what the gateway knows of its data planes and of models. */
export function addEvidenceCommands(program: Command, withSession: WithSession): void {
  program
    .command('endpoints')
    .description('data planes by region, and how fresh their policy is')
    .action(withSession(({ client, print }) => print.list(endpointView, client.iterate('listEndpoints', {}))));
  program
    .command('model-checks')
    .argument('<model>', 'provider/model')
    .description('checks of one model, newest first')
    .action(
      withSession(({ client, print }: Session, _: object, model: string) =>
        print.list(modelCheckView, client.iterate('listModelChecks', { query: { model } })),
      ),
    );
}
