import { type Command, InvalidArgumentError } from 'commander';
import { readAssembly } from '../cost/assembly.ts';
import { formatCents, sumOf } from '../cost/charge.ts';
import { idleCosts, paidPerUse } from '../cost/idle.ts';
import { costOfMillion, type Traffic, typicalTraffic } from '../cost/per-million.ts';
import { defaultPrices, parsePriceList, type PriceList } from '../cost/prices.ts';
import { type CostReport, formatReport } from '../cost/report.ts';
import { readJsonFile } from '../json-file.ts';
import { createPrinter } from '../printer.ts';
import type { GlobalOptions } from '../session.ts';
import { styleFor, type Terminal } from '../terminal.ts';

interface CostOptions extends GlobalOptions, Traffic {
  readonly assembly: string;
  readonly prices?: string;
  readonly requestsPerMonth?: number;
}

/** `cost`: the price of an installation, from its templates. It has no session: it needs neither an account nor a gateway. */
export function addCostCommand(program: Command, terminal: Terminal): void {
  const traffic = typicalTraffic;
  program
    .command('cost')
    .description('what an installation costs idle and per million requests, from a synthesized cloud assembly')
    .option('--assembly <folder>', 'what `npx cdk synth -q` made', 'cdk.out')
    .option('--prices <file>', 'prices of another region; `--json` prints the list to change')
    .option('--requests-per-month <number>', 'adds up a month with this many', wholeNumber)
    .option('--seconds-per-stream <number>', 'how long an answer takes', quantity, traffic.secondsPerStream)
    .option('--kilobytes-per-answer <number>', 'as it is streamed', quantity, traffic.kilobytesPerAnswer)
    .option('--kilobytes-of-log <number>', 'of all log lines about a request', quantity, traffic.kilobytesOfLog)
    .option('--meters <number>', 'key, organization and each other budget', wholeNumber, traffic.meters)
    .action((_: object, command: Command) => showCost(command.optsWithGlobals(), terminal));
}

/** @throws CliError (usage, failed check) */
async function showCost(options: CostOptions, terminal: Terminal): Promise<void> {
  const print = createPrinter(terminal, options);
  const prices =
    options.prices === undefined
      ? defaultPrices
      : parsePriceList(options.prices, await readJsonFile(options.prices, terminal));
  const report = costReport(options, prices);
  if (print.form === 'json') print.json(report);
  else if (print.form === 'ids') print.line(formatCents(report.idle.microUsd));
  else {
    for (const line of formatReport(report, styleFor(terminal.output, terminal.environment)('bold'))) print.line(line);
  }
}

function costReport(options: CostOptions, prices: PriceList): CostReport {
  const { secondsPerStream, kilobytesPerAnswer, kilobytesOfLog, meters, requestsPerMonth } = options;
  const traffic = { secondsPerStream, kilobytesPerAnswer, kilobytesOfLog, meters };
  const assembly = readAssembly(options.assembly);
  const stacks = idleCosts(assembly, prices);
  const idle = { stacks, microUsd: sumOf(stacks) };
  const perMillionRequests = costOfMillion(assembly, traffic, prices);
  const month =
    requestsPerMonth === undefined || perMillionRequests === undefined
      ? undefined
      : {
          requests: requestsPerMonth,
          microUsd:
            idle.microUsd +
            Number((BigInt(perMillionRequests.microUsd) * BigInt(requestsPerMonth) + 999_999n) / 1_000_000n),
        };
  return { prices, idle, perMillionRequests, traffic, notIncluded: paidPerUse(assembly), month };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d{1,13}$/.test(text)) return value;
  throw new InvalidArgumentError('Give a whole number.');
}

/** To the thousandth, which the arithmetic keeps. */
function quantity(text: string): number {
  if (/^\d{1,9}(\.\d{1,3})?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a number with at most 3 decimals.');
}
