import * as z from 'zod';
import { managedGroups } from './managed-rules.ts';
import type { WebRequest } from './managed-rules.ts';

/** What a web ACL decides, from its synthesized JSON alone. */
export interface Verdict {
  readonly action: 'allow' | 'block';
  /** Rule that decided, `group/rule` for one of a managed group; absent where nothing but the default action did. */
  readonly rule?: string;
  /** Rules that matched and let the request go on. */
  readonly counted: readonly string[];
  readonly response?: { readonly status: number; readonly headers: Record<string, string>; readonly body: string };
}

const customResponse = z.strictObject({
  ResponseCode: z.number(),
  CustomResponseBodyKey: z.string(),
  ResponseHeaders: z.array(z.strictObject({ Name: z.string(), Value: z.string() })),
});

/** Strict, so that an action, a statement or an option nobody thought of here is an error and not a pass. */
const actionSchema = z.union([
  z.strictObject({ Count: z.strictObject({}) }),
  z.strictObject({ Allow: z.strictObject({}) }),
  z.strictObject({ Block: z.strictObject({ CustomResponse: customResponse.optional() }) }),
]);

const statementSchema = z.strictObject({
  ManagedRuleGroupStatement: z
    .strictObject({
      VendorName: z.literal('AWS'),
      Name: z.string(),
      RuleActionOverrides: z.array(z.strictObject({ Name: z.string(), ActionToUse: actionSchema })).default([]),
    })
    .optional(),
  RateBasedStatement: z
    .strictObject({
      Limit: z.number(),
      EvaluationWindowSec: z.literal(300),
      AggregateKeyType: z.enum(['IP', 'CUSTOM_KEYS']),
      CustomKeys: z.array(z.strictObject({ Header: z.looseObject({ Name: z.string() }) })).default([]),
      get ScopeDownStatement() {
        return statementSchema.optional();
      },
    })
    .optional(),
  RegexMatchStatement: z
    .strictObject({
      FieldToMatch: z.strictObject({ UriPath: z.strictObject({}) }),
      RegexString: z.string(),
      TextTransformations: z.tuple([z.strictObject({ Priority: z.literal(0), Type: z.literal('NONE') })]),
    })
    .optional(),
  GeoMatchStatement: z.strictObject({ CountryCodes: z.array(z.string()) }).optional(),
  get NotStatement() {
    return z.strictObject({ Statement: statementSchema }).optional();
  },
});

const ruleSchema = z.strictObject({
  Name: z.string(),
  Priority: z.number(),
  Action: actionSchema.optional(),
  OverrideAction: z
    .union([z.strictObject({ None: z.strictObject({}) }), z.strictObject({ Count: z.strictObject({}) })])
    .optional(),
  Statement: statementSchema,
  VisibilityConfig: z.looseObject({}),
});

export const aclSchema = z.looseObject({
  DefaultAction: z.strictObject({ Allow: z.strictObject({}) }),
  Rules: z.array(ruleSchema),
  CustomResponseBodies: z.record(
    z.string(),
    z.strictObject({ ContentType: z.literal('APPLICATION_JSON'), Content: z.string() }),
  ),
});

export type Acl = z.infer<typeof aclSchema>;
type Action = z.infer<typeof actionSchema>;
type Statement = z.infer<typeof statementSchema>;
type Rule = z.infer<typeof ruleSchema>;

/** WAF sees no more of a body. https://docs.aws.amazon.com/waf/latest/developerguide/waf-oversize-request-components.html */
const inspectedBytes = 16 * 1024;

/** Goes through the rules by priority, as WAF does; the first that allows or blocks decides. */
export function evaluateWebAcl(acl: Acl, whole: WebRequest): Verdict {
  const request = { ...whole, body: whole.body.slice(0, inspectedBytes) };
  const counted: string[] = [];
  for (const rule of acl.Rules.toSorted((one, other) => one.Priority - other.Priority)) {
    for (const { name, action } of matchesOf(rule, request)) {
      if ('Count' in action) counted.push(name);
      else if ('Allow' in action) return { action: 'allow', rule: name, counted };
      else return { action: 'block', rule: name, counted, ...responseOf(acl, action) };
    }
  }
  return { action: 'allow', counted };
}

function matchesOf(rule: Rule, request: WebRequest): { name: string; action: Action }[] {
  const group = rule.Statement.ManagedRuleGroupStatement;
  if (group === undefined) {
    if (rule.Action === undefined || rule.OverrideAction !== undefined) throw new Error(`${rule.Name} needs an action`);
    return matches(rule.Statement, request) ? [{ name: rule.Name, action: rule.Action }] : [];
  }
  if (rule.OverrideAction === undefined || rule.Action !== undefined) throw new Error(`${rule.Name} needs an override`);
  const rules = managedGroups[group.Name];
  if (rules === undefined) throw new Error(`unknown managed group ${group.Name}`);
  const misspelled = group.RuleActionOverrides.find(({ Name }) => !rules.some(({ name }) => name === Name));
  if (misspelled !== undefined) throw new Error(`${group.Name} has no rule ${misspelled.Name}`);
  const wholeGroupCounts = 'Count' in rule.OverrideAction;
  return rules
    .filter((one) => one.matches(request))
    .map(({ name, counts = false }) => {
      const override = group.RuleActionOverrides.find(({ Name }) => Name === name)?.ActionToUse;
      const own: Action = counts ? { Count: {} } : { Block: {} };
      return { name: `${group.Name}/${name}`, action: wholeGroupCounts ? { Count: {} } : (override ?? own) };
    });
}

function matches(statement: Statement, request: WebRequest): boolean {
  const { RateBasedStatement: rate, RegexMatchStatement: regex, GeoMatchStatement: geo, NotStatement: not } = statement;
  if (rate !== undefined) {
    // A request without the key is in no count.
    const keyed = rate.CustomKeys.every(({ Header }) => request.headers[Header.Name] !== undefined);
    const inScope = rate.ScopeDownStatement === undefined || matches(rate.ScopeDownStatement, request);
    return keyed && inScope && request.rate > rate.Limit;
  }
  if (regex !== undefined) return new RegExp(regex.RegexString).test(request.path);
  if (geo !== undefined) return geo.CountryCodes.includes(request.country);
  if (not !== undefined) return !matches(not.Statement, request);
  throw new Error(`cannot evaluate the statement ${JSON.stringify(statement)}`);
}

function responseOf(acl: Acl, action: Extract<Action, { Block: unknown }>): Pick<Verdict, 'response'> {
  const custom = action.Block.CustomResponse;
  if (custom === undefined) return {};
  const body = acl.CustomResponseBodies[custom.CustomResponseBodyKey];
  if (body === undefined) throw new Error(`no custom response body ${custom.CustomResponseBodyKey}`);
  const headers = Object.fromEntries(custom.ResponseHeaders.map(({ Name, Value }) => [Name, Value]));
  return {
    response: {
      status: custom.ResponseCode,
      headers: { ...headers, 'content-type': 'application/json' },
      body: body.Content,
    },
  };
}
