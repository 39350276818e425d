import { describe, expect, it } from 'vitest';
import { managedGroups } from './managed-rules.ts';
import { prompts } from './prompts.ts';
import { proxyAcl, rulesOf, webRequest } from './synthesized-acl.ts';
import { evaluateWebAcl } from './web-acl-evaluator.ts';
import type { Acl } from './web-acl-evaluator.ts';

const inferencePaths = ['/v1/chat/completions', '/v1/messages', '/v1beta/models/m:generateContent'];

/** Rules that do not act on calls of models, beside those of AWS that count by themselves. */
const exemptions: Readonly<Record<string, string>> = {
  'AWSManagedRulesAnonymousIpList/AnonymousIPList': 'developers call through relays; keys can be limited to networks',
  'AWSManagedRulesAnonymousIpList/HostingProviderIPList': 'backends run at hosting providers',
  'AWSManagedRulesCommonRuleSet/NoUserAgent_HEADER': 'several HTTP libraries send none',
};

function promptRequest(content: string, path = '/v1/chat/completions') {
  return webRequest({ path, body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }) });
}

const readsBodies = (name: string): boolean => /_BODY$/i.test(name);
const acts = (name: string): boolean => !readsBodies(name) && exemptions[name] === undefined;

describe('prompts that managed rules look for', () => {
  it.each(prompts)('$name: fires what its source says', ({ content, fires }) => {
    const request = promptRequest(content);

    const fired = Object.entries(managedGroups).flatMap(([group, rules]) =>
      rules.filter((rule) => rule.matches(request)).map(({ name }) => `${group}/${name}`),
    );

    expect(fired).toEqual(fires);
  });

  it.each(prompts)('$name: reaches the model on every protocol', ({ content }) => {
    const acl = proxyAcl();

    const verdicts = inferencePaths.map((path) => evaluateWebAcl(acl, promptRequest(content, path)));

    expect(verdicts.map(({ action, rule }) => [action, rule])).toEqual(inferencePaths.map(() => ['allow', undefined]));
  });

  it.each(rulesOf(proxyAcl()).filter(([name]) => readsBodies(name)))('%s does no more than count', (name, rule) => {
    const acl = proxyAcl();

    const verdict = evaluateWebAcl(acl, webRequest(rule.example));

    expect(verdict).toMatchObject({ action: 'allow', counted: expect.arrayContaining([name]) });
  });

  it('are still counted, so that they can be seen in metrics', () => {
    const acl = proxyAcl();

    const verdict = evaluateWebAcl(acl, promptRequest('cat ../../etc/passwd'));

    expect(verdict.counted).toEqual(['AWSManagedRulesCommonRuleSet/GenericLFI_BODY']);
  });
});

describe('the same patterns outside of a body', () => {
  it.each(rulesOf(proxyAcl()).filter(([name, { counts }]) => acts(name) && counts !== true))(
    '%s blocks',
    (name, rule) => {
      const acl = proxyAcl();

      const verdict = evaluateWebAcl(acl, webRequest(rule.example));

      expect(verdict).toMatchObject({ action: 'block', rule: name });
    },
  );

  it.each(Object.entries(exemptions))('%s does not: %s', (name) => {
    const acl = proxyAcl();
    const rule = Object.fromEntries(rulesOf(acl))[name];

    const verdict = evaluateWebAcl(acl, webRequest(rule?.example));

    expect(verdict).toMatchObject({ action: 'allow', counted: [name] });
  });
});

describe('the table of prompts', () => {
  const counted = rulesOf(proxyAcl()).filter(([name]) => readsBodies(name));

  it.each(counted)('notices that %s blocks again', (name) => {
    const acl = withoutOverride(proxyAcl(), name.split('/')[1] ?? '');

    const blocked = prompts.filter(({ content }) => evaluateWebAcl(acl, promptRequest(content)).rule === name);

    expect(blocked.length).toBeGreaterThan(0);
  });

  it.each(Object.keys(managedGroups).filter((group) => !isUsed(group)))('notices that %s is used', (group) => {
    const acl = withGroup(proxyAcl(), group);

    const verdicts = [...prompts.map(({ content }) => promptRequest(content)), passwordFile].map((request) =>
      evaluateWebAcl(acl, request),
    );

    expect(verdicts.some(({ rule }) => rule?.startsWith(group))).toBe(true);
  });

  it.each(Object.keys(managedGroups).filter((group) => isUsed(group) && group !== 'AWSManagedRulesAnonymousIpList'))(
    'notices that all of %s counts',
    (group) => {
      const acl = countingAll(proxyAcl(), group);
      const rules = rulesOf(acl).filter(
        ([name, { counts }]) => name.startsWith(group) && acts(name) && counts !== true,
      );

      const passed = rules.filter(([, { example }]) => evaluateWebAcl(acl, webRequest(example)).action === 'allow');

      expect(passed.length).toBeGreaterThan(0);
    },
  );
});

/** The Linux group looks at no bodies; a header is where it would meet a caller. */
const passwordFile = webRequest({ headers: { 'user-agent': 'test', 'x-note': '/etc/passwd' } });

function isUsed(group: string): boolean {
  return rulesOf(proxyAcl()).some(([name]) => name.startsWith(`${group}/`));
}

function withoutOverride(acl: Acl, rule: string): Acl {
  for (const { Statement } of acl.Rules) {
    const group = Statement.ManagedRuleGroupStatement;
    if (group !== undefined) group.RuleActionOverrides = group.RuleActionOverrides.filter(({ Name }) => Name !== rule);
  }
  return acl;
}

function withGroup(acl: Acl, group: string): Acl {
  acl.Rules.push({
    Name: group,
    Priority: acl.Rules.length,
    OverrideAction: { None: {} },
    Statement: { ManagedRuleGroupStatement: { VendorName: 'AWS', Name: group, RuleActionOverrides: [] } },
    VisibilityConfig: {},
  });
  return acl;
}

function countingAll(acl: Acl, group: string): Acl {
  for (const rule of acl.Rules) {
    if (rule.Name === group) rule.OverrideAction = { Count: {} };
  }
  return acl;
}
