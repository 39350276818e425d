import { Template } from 'aws-cdk-lib/assertions';
import { Mfa } from 'aws-cdk-lib/aws-cognito';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, it } from 'vitest';
import { SignIn } from '../../../lib/control-plane/sign-in.ts';
import type { SignInProps } from '../../../lib/control-plane/sign-in.ts';
import { emptyStack, onlyResource, resourcesOf } from '../synthesize.ts';

const clientSecretArn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:partner-AbCdEf';

function synthesizeSignIn(props: SignInProps = {}): Template {
  const stack = emptyStack();
  new SignIn(stack, 'SignIn', props);
  return Template.fromStack(stack);
}

function synthesizeFederation(): Template {
  const stack = emptyStack();
  new SignIn(stack, 'SignIn', {
    domainPrefix: 'example-gatehouse',
    samlProviders: [
      { name: 'Corporate', metadataUrl: 'https://idp.example.com/metadata', emailVerifiedAttribute: 'verified' },
    ],
    oidcProviders: [
      {
        name: 'Partner',
        issuer: 'https://partner.example.com',
        clientId: 'gatehouse',
        clientSecret: Secret.fromSecretCompleteArn(stack, 'ClientSecret', clientSecretArn),
      },
    ],
  });
  return Template.fromStack(stack);
}

describe('SignIn', () => {
  it('makes a pool that nobody joins by themselves, with a second factor that is no text message', () => {
    const template = synthesizeSignIn();

    const pool = onlyResource(template, 'AWS::Cognito::UserPool');

    expect(pool).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
        MfaConfiguration: 'ON',
        EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
        DeletionProtection: 'ACTIVE',
        UserPoolTier: 'ESSENTIALS',
        UsernameConfiguration: { CaseSensitive: false },
        UserAttributeUpdateSettings: { AttributesRequireVerificationBeforeUpdate: ['email'] },
      },
    });
    template.resourceCountIs('AWS::IAM::Role', 0);
  });

  it.each([
    [Mfa.OPTIONAL, 'OPTIONAL'],
    [Mfa.OFF, 'OFF'],
  ])('takes the second factor %s', (mfa, expected) => {
    const template = synthesizeSignIn({ mfa });

    const { Properties } = onlyResource(template, 'AWS::Cognito::UserPool');

    expect(Properties['MfaConfiguration']).toBe(expected);
  });

  it('gives programs a client without a secret, by authorization code, for an hour at a time', () => {
    const template = synthesizeSignIn({ callbackUrls: ['https://console.example.com/callback'] });

    const { Properties } = onlyResource(template, 'AWS::Cognito::UserPoolClient');

    expect(Properties).toMatchObject({
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', 'email', 'profile'],
      CallbackURLs: ['https://console.example.com/callback'],
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      AccessTokenValidity: 60,
      IdTokenValidity: 60,
      PreventUserExistenceErrors: 'ENABLED',
      SupportedIdentityProviders: ['COGNITO'],
    });
    template.resourceCountIs('AWS::Cognito::UserPoolDomain', 0);
  });

  it('lets people of identity providers in, over pages of its own', () => {
    const template = synthesizeFederation();

    const providers = Object.values(resourcesOf(template, 'AWS::Cognito::UserPoolIdentityProvider'));

    template.hasResourceProperties('AWS::Cognito::UserPoolDomain', { Domain: 'example-gatehouse' });
    expect(providers.map(({ Properties }) => Properties)).toMatchObject([
      {
        ProviderName: 'Corporate',
        ProviderType: 'SAML',
        ProviderDetails: { MetadataURL: 'https://idp.example.com/metadata' },
        AttributeMapping: {
          email: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
          email_verified: 'verified',
        },
      },
      {
        ProviderName: 'Partner',
        ProviderType: 'OIDC',
        ProviderDetails: {
          client_id: 'gatehouse',
          oidc_issuer: 'https://partner.example.com',
          authorize_scopes: 'openid email profile',
        },
        AttributeMapping: { email: 'email', email_verified: 'email_verified' },
      },
    ]);
    const client = onlyResource(template, 'AWS::Cognito::UserPoolClient');
    expect(client.Properties['SupportedIdentityProviders']).toEqual([
      'COGNITO',
      { Ref: expect.stringMatching(/^SignInFederationCorporate/) },
      { Ref: expect.stringMatching(/^SignInFederationPartner/) },
    ]);
  });

  it('takes the client secret of a provider from Secrets Manager and never into the template', () => {
    const template = synthesizeFederation();

    const [secret] = Object.values(resourcesOf(template, 'AWS::Cognito::UserPoolIdentityProvider')).flatMap(
      ({ Properties }) => (Properties['ProviderDetails'] as Record<string, unknown>)['client_secret'] ?? [],
    );

    expect(secret).toBe(`{{resolve:secretsmanager:${clientSecretArn}:SecretString:::}}`);
  });

  it.each([
    [{}, '`domainPrefix` is required with federation, got providers: A, A'],
    [{ domainPrefix: 'example' }, 'identity providers must have different names, got: A, A'],
  ])('refuses two providers of one name with %j', (props, message) => {
    const provider = { name: 'A', metadataUrl: 'https://idp.example.com/metadata' };

    const build = () => synthesizeSignIn({ ...props, samlProviders: [provider, provider] });

    expect(build).toThrow(message);
  });
});
