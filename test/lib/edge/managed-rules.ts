/** A request as a web ACL sees it: the first 16 KB of its body, and its size. */
export interface WebRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly country: string;
  /** Lists of AWS that the address is on. */
  readonly listedAs: readonly string[];
  /** How many requests of the last five minutes share a rate rule's key with this one. */
  readonly rate: number;
}

export interface ManagedRule {
  readonly name: string;
  /** Few rules of AWS count by themselves. */
  readonly counts?: true;
  readonly matches: (request: WebRequest) => boolean;
  /** A part of a request that is what the rule looks for. */
  readonly example: Partial<WebRequest>;
}

/**
 * Rules of AWS's managed groups by name, in order, with their own actions. AWS keeps the patterns to itself: these are the examples
 * of its documentation, and what real requests were blocked for. They decide whether a group's overrides leave a rule acting, and say
 * nothing about how well a rule works.
 *
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-use-case.html
 * @see https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-ip-rep.html
 */
export const managedGroups: Readonly<Record<string, readonly ManagedRule[]>> = {
  AWSManagedRulesAmazonIpReputationList: [
    listed('AWSManagedIPReputationList'),
    listed('AWSManagedReconnaissanceList'),
    { ...listed('AWSManagedIPDDoSList'), counts: true },
  ],
  AWSManagedRulesAnonymousIpList: [listed('AnonymousIPList'), listed('HostingProviderIPList')],
  AWSManagedRulesCommonRuleSet: [
    {
      name: 'NoUserAgent_HEADER',
      matches: ({ headers }) => headers['user-agent'] === undefined,
      example: { headers: {} },
    },
    header('UserAgent_BadBots_HEADER', /nessus|nmap/i, 'nmap'),
    size('SizeRestrictions_QUERYSTRING', 2048, 'query'),
    {
      name: 'SizeRestrictions_Cookie_HEADER',
      matches: ({ headers }) => (headers['cookie'] ?? '').length > 10_240,
      example: { headers: { 'user-agent': 'test', cookie: 'c'.repeat(10_241) } },
    },
    size('SizeRestrictions_BODY', 8192, 'body'),
    size('SizeRestrictions_URIPATH', 1024, 'path'),
    // Local services too: aws-samples/sample-kolya-br-proxy, pull request 109.
    ...inParts('EC2MetaDataSSRF', /169\.254\.169\.254|localhost:\d|127\.0\.0\.1:\d/, 'http://169.254.169.254/latest', {
      body: 'BODY',
      cookie: 'COOKIE',
      path: 'URIPATH',
      query: 'QUERYARGUMENTS',
    }),
    ...inParts('GenericLFI', /\.\.\//, '../../etc/passwd', {
      query: 'QUERYARGUMENTS',
      path: 'URIPATH',
      body: 'BODY',
    }),
    ...inParts('RestrictedExtensions', /\.(log|ini|bak)\b/, 'app.ini', { path: 'URIPATH', query: 'QUERYARGUMENTS' }),
    ...inParts('GenericRFI', /:\/\/\d+\.\d+\.\d+\.\d+/, 'http://203.0.113.7/x', {
      query: 'QUERYARGUMENTS',
      body: 'BODY',
      path: 'URIPATH',
    }),
    ...inParts(
      'CrossSiteScripting',
      /<(script|meta|iframe|svg)\b|\bonerror\s*=|javascript:/i,
      '<script>alert(1)</script>',
      {
        cookie: 'COOKIE',
        query: 'QUERYARGUMENTS',
        body: 'BODY',
        path: 'URIPATH',
      },
    ),
  ],
  AWSManagedRulesKnownBadInputsRuleSet: [
    ...inParts('JavaDeserializationRCE', /java\.lang\.Runtime|rO0ABX/, '(java.lang.Runtime).getRuntime().exec("id")', {
      header: 'HEADER',
      body: 'BODY',
      path: 'URIPATH',
      query: 'QUERYSTRING',
    }),
    {
      name: 'Host_localhost_HEADER',
      matches: ({ headers }) => headers['host'] === 'localhost',
      example: { headers: { 'user-agent': 'test', host: 'localhost' } },
    },
    { name: 'PROPFIND_METHOD', matches: ({ method }) => method === 'PROPFIND', example: { method: 'PROPFIND' } },
    ...inParts('ExploitablePaths', /\/web-inf|\/\.env|\/\.git/i, '/.env', { path: 'URIPATH' }),
    ...inParts('Log4JRCE', /\$\{jndi:/i, '${jndi:ldap://x/a}', {
      header: 'HEADER',
      query: 'QUERYSTRING',
      body: 'BODY',
      path: 'URIPATH',
    }),
    ...inParts('ReactJSRCE', /__proto__:then/, '{"then":"$1:__proto__:then"}', { body: 'BODY' }),
  ],
  AWSManagedRulesSQLiRuleSet: [
    ...inParts('SQLi', /\bunion\s+select\b|\bor\s+1\s*=\s*1|\bdrop\s+table\b/i, "1' OR 1=1", {
      query: 'QUERYARGUMENTS',
      body: 'BODY',
      cookie: 'COOKIE',
      path: 'URIPATH',
    }),
    ...inParts('SQLiExtendedPatterns', /'\s*;\s*(drop|exec|waitfor)\b/i, "';drop", {
      query: 'QUERYARGUMENTS',
      body: 'BODY',
      header: 'HEADER',
      path: 'URIPATH',
    }),
  ],
  AWSManagedRulesLinuxRuleSet: inParts('LFI', /\/etc\/passwd|\/proc\/version/, '/proc/version', {
    path: 'URIPATH',
    query: 'QUERYSTRING',
    header: 'HEADER',
  }),
  AWSManagedRulesUnixRuleSet: inParts(
    'UNIXShellCommandsVariables',
    /\becho \$(HOME|PATH)\b|[;|]\s*(cat|rm|sh|bash)\b/,
    'echo $HOME',
    { query: 'QUERYSTRING', body: 'BODY', header: 'HEADER' },
  ),
  AWSManagedRulesPHPRuleSet: inParts('PHPHighRiskMethodsVariables', /\bfsockopen\b|\$_GET\b/, 'fsockopen $_GET', {
    header: 'HEADER',
    query: 'QUERYSTRING',
    body: 'BODY',
  }),
};

type Part = 'body' | 'cookie' | 'header' | 'path' | 'query';

/** One rule for each part of a request that AWS has one for. */
function inParts(
  name: string,
  pattern: RegExp,
  example: string,
  suffixes: Partial<Readonly<Record<Part, string>>>,
): ManagedRule[] {
  return Object.entries(suffixes).map(([part, suffix]) => ({
    name: `${name}_${suffix}`,
    matches: (request) => pattern.test(textOf(request, part as Part)),
    example: withText(part as Part, example),
  }));
}

function textOf({ headers, body, path, query }: WebRequest, part: Part): string {
  const { cookie = '', ...others } = headers;
  return { body, cookie, header: Object.values(others).join('\n'), path, query }[part];
}

function withText(part: Part, text: string): Partial<WebRequest> {
  if (part === 'cookie') return { headers: { 'user-agent': 'test', cookie: text } };
  if (part === 'header') return { headers: { 'user-agent': 'test', 'x-note': text } };
  return { [part]: text };
}

function header(name: string, pattern: RegExp, userAgent: string): ManagedRule {
  return {
    name,
    matches: ({ headers }) => pattern.test(headers['user-agent'] ?? ''),
    example: { headers: { 'user-agent': userAgent } },
  };
}

function size(name: string, limit: number, part: 'query' | 'body' | 'path'): ManagedRule {
  return {
    name,
    matches: (request) => request[part].length > limit,
    example: { [part]: 'a'.repeat(limit + 1) },
  };
}

function listed(name: string): ManagedRule {
  return { name, matches: ({ listedAs }) => listedAs.includes(name), example: { listedAs: [name] } };
}
