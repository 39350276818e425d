import type { DeploymentSettings } from '../../../lib/deployment-config.ts';

/** Every setting of the control plane, with a value that is not its default. */
export const everyControlPlaneSetting = {
  signIn: {
    cognito: true,
    mfa: 'optional',
    domainPrefix: 'example-gatehouse',
    callbackUrls: ['https://console.example.com/callback'],
    samlProviders: [
      {
        name: 'Corporate',
        metadataUrl: 'https://idp.example.com/metadata',
        emailAttribute: 'mail',
        emailVerifiedAttribute: 'mailVerified',
      },
    ],
    oidcProviders: [
      {
        name: 'Partner',
        issuer: 'https://partner.example.com',
        clientId: 'gatehouse',
        clientSecretArn: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:partner-AbCdEf',
        scopes: ['openid', 'email'],
      },
    ],
  },
  oidcIssuers: [
    {
      issuer: 'https://login.example.com/tenant',
      audiences: ['gatehouse-admin'],
      jwksUrl: 'https://login.example.com/tenant/keys',
      clientIdClaim: 'azp',
      roles: [
        { claim: 'groups', value: 'platform', role: 'operator' },
        { claim: 'groups', value: 'acme', role: 'auditor', organization: 'org_acme' },
      ],
      trustUnverifiedEmail: true,
      emailDomains: ['example.com'],
    },
  ],
  dataPlanes: [
    {
      url: 'https://ai-eu.example.com',
      vaultKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
      tables: {
        policy: 'eu-policy',
        meter: 'eu-meter',
        requests: 'eu-requests',
        vault: 'eu-vault',
        usage: 'eu-usage',
        evidence: 'eu-evidence',
      },
    },
  ],
  allowPrivateProviders: true,
  reconcileMinutes: 5,
} as const satisfies DeploymentSettings['controlPlane'];
