import type { StackTemplate, Templates } from './iam-evaluator.ts';
import { resolve } from './iam-evaluator.ts';
import type { Sentence } from './never-table.ts';
import { resourcePlace } from './permission-catalog.ts';
import { controlPlaneStack, dataPlaneStack, type FunctionName, functions, roleIdOf } from './synthesized-planes.ts';

/** What must never be between the planes and is no matter of one role's rights: each rule with what breaks it. */

export interface SeparationRule {
  readonly rule: string;
  readonly sentence: Sentence;
  readonly because: string;
  /** What in the templates breaks the rule. */
  readonly violations: (templates: Templates) => string[];
  /** Breaks it. */
  readonly loosen: (templates: Record<string, StackTemplate>) => void;
}

const reference = (OutputName: string) => ({ 'Fn::GetStackOutput': { StackName: controlPlaneStack, OutputName } });

export const separationRules: readonly SeparationRule[] = [
  {
    rule: 'no template of a data plane refers to the control plane',
    sentence: 'callsNoControlPlane',
    because: 'What is not told an address, a name or an ARN cannot call it; and the control plane can be deleted.',
    violations: (templates) =>
      JSON.stringify(templates[dataPlaneStack]).includes(controlPlaneStack) ? [dataPlaneStack] : [],
    loosen: (templates) => {
      const proxy = resourceOf(templates, 'proxy function');
      proxy.Properties['Environment'] = { Variables: { ADMIN_URL: reference('AdminUrl') } };
    },
  },
  {
    rule: 'what invokes the function of a plane is an API, a schedule or a stream of that plane',
    sentence: 'offTheRequestPath',
    because: 'A model request that reached a function of the control plane would come by one of these.',
    violations: (templates) =>
      [dataPlaneStack, controlPlaneStack].flatMap((stack) => invokersFromElsewhere(templates, stack)),
    loosen: (templates) => {
      const permission = firstOf(templates, controlPlaneStack, 'AWS::Lambda::Permission');
      permission.Properties['SourceArn'] = {
        'Fn::GetStackOutput': { StackName: dataPlaneStack, OutputName: 'VaultKeyArn' },
      };
    },
  },
  {
    rule: 'every function has a role that no other function has, in its own stack',
    sentence: 'sharesNothing',
    because: 'A shared role has the rights of both.',
    violations: (templates) => {
      const ids = (Object.keys(functions) as FunctionName[]).map(
        (name) => `${functions[name][0]}/${roleIdOf(name, templates)}`,
      );
      return ids.filter((id, index) => ids.indexOf(id) !== index);
    },
    loosen: (templates) => {
      const { Properties } = resourceOf(templates, 'reconcile function');
      Properties['Role'] = resourceOf(templates, 'admin function').Properties['Role'];
    },
  },
  {
    rule: 'the functions of a data plane are told of tables and keys of that stack only',
    sentence: 'sharesNothing',
    because: 'The control plane works on tables of a data plane, by the rights above, and never the other way round.',
    violations: (templates) =>
      Object.entries(templates[dataPlaneStack]?.Resources ?? {})
        .filter(
          ([, { Type, Properties }]) => Type === 'AWS::Lambda::Function' && refersElsewhere(Properties['Environment']),
        )
        .map(([id]) => id),
    loosen: (templates) => {
      const { Properties } = resourceOf(templates, 'usage rollup function');
      Properties['Environment'] = { Variables: { TABLE_CONTROL: reference('ControlTable') } };
    },
  },
];

function invokersFromElsewhere(templates: Templates, stack: string): string[] {
  return Object.entries(templates[stack]?.Resources ?? {}).flatMap(([id, { Type, Properties }]) => {
    const sources = {
      'AWS::Lambda::Permission': [Properties['FunctionName'], Properties['SourceArn']],
      'AWS::Lambda::EventSourceMapping': [Properties['FunctionName'], Properties['EventSourceArn']],
      'AWS::ApiGateway::Method': [(Properties['Integration'] as { Uri?: unknown } | undefined)?.Uri],
    }[Type];
    const foreign = (sources ?? []).some((source) => source !== undefined && isElsewhere(templates, stack, source));
    return foreign ? [`${stack}/${id}`] : [];
  });
}

/** Whether a value stands for something of another stack. */
function isElsewhere(templates: Templates, stack: string, value: unknown): boolean {
  if (refersElsewhere(value)) return true;
  return Object.keys(templates).some(
    (other) => other !== stack && resolve(templates, stack, value).includes(`arn:${other}/`),
  );
}

function refersElsewhere(value: unknown): boolean {
  return /Fn::GetStackOutput|Fn::ImportValue/.test(JSON.stringify(value ?? {}));
}

function resourceOf(templates: Record<string, StackTemplate>, name: Parameters<typeof resourcePlace>[0]) {
  const { stack, id } = resourcePlace(name);
  const resource = templates[stack]?.Resources[id];
  if (resource === undefined) throw new Error(`there is no ${name}`);
  return resource;
}

function firstOf(templates: Record<string, StackTemplate>, stack: string, type: string) {
  const resource = Object.values(templates[stack]?.Resources ?? {}).find(({ Type }) => Type === type);
  if (resource === undefined) throw new Error(`${stack} has no ${type}`);
  return resource;
}
