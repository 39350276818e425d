import {
  ProviderAttribute,
  UserPoolIdentityProviderOidc,
  UserPoolIdentityProviderSaml,
  UserPoolIdentityProviderSamlMetadata,
} from 'aws-cdk-lib/aws-cognito';
import type { IUserPool, IUserPoolIdentityProvider } from 'aws-cdk-lib/aws-cognito';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

/** A SAML 2.0 identity provider whose people may sign in. */
export interface SamlProvider {
  /** Name shown at sign-in, 3 to 32 letters, digits, hyphens. */
  readonly name: string;

  /** Where its metadata document is. Cognito reads it again by itself. */
  readonly metadataUrl: string;

  /**
   * Attribute of its assertions that holds the e-mail address.
   *
   * @default 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress'
   */
  readonly emailAttribute?: string;

  /**
   * Attribute that says `true` where the provider has verified the address. Memberships by e-mail address count only then.
   *
   * @default - none: its people are members by group or by subject
   */
  readonly emailVerifiedAttribute?: string;
}

/** An OpenID Connect identity provider whose people may sign in. */
export interface OidcProvider {
  /** Name shown at sign-in, 3 to 32 letters, digits, hyphens. */
  readonly name: string;

  readonly issuer: string;
  readonly clientId: string;

  /** Secret whose whole text is the client secret. CloudFormation resolves it: it is never in a template. */
  readonly clientSecret: ISecret;

  /**
   * Scopes to ask for.
   *
   * @default - openid, email and profile
   */
  readonly scopes?: readonly string[];
}

export interface FederationProps {
  readonly userPool: IUserPool;
  readonly samlProviders: readonly SamlProvider[];
  readonly oidcProviders: readonly OidcProvider[];
}

/** Identity providers behind a user pool. Ids are the providers' names, so that adding one does not touch another. */
export class Federation extends Construct {
  readonly providers: readonly IUserPoolIdentityProvider[];

  constructor(scope: Construct, id: string, props: FederationProps) {
    super(scope, id);
    const { userPool } = props;
    this.providers = [
      ...props.samlProviders.map(
        ({ name, metadataUrl, emailAttribute, emailVerifiedAttribute }) =>
          new UserPoolIdentityProviderSaml(this, name, {
            userPool,
            name,
            metadata: UserPoolIdentityProviderSamlMetadata.url(metadataUrl),
            attributeMapping: {
              email: ProviderAttribute.other(emailAttribute ?? samlEmailAttribute),
              ...(emailVerifiedAttribute !== undefined && {
                emailVerified: ProviderAttribute.other(emailVerifiedAttribute),
              }),
            },
          }),
      ),
      ...props.oidcProviders.map(
        ({ name, issuer, clientId, clientSecret, scopes }) =>
          new UserPoolIdentityProviderOidc(this, name, {
            userPool,
            name,
            clientId,
            clientSecret: clientSecret.secretValue.unsafeUnwrap(),
            issuerUrl: issuer,
            scopes: [...(scopes ?? ['openid', 'email', 'profile'])],
            attributeMapping: {
              email: ProviderAttribute.other('email'),
              emailVerified: ProviderAttribute.other('email_verified'),
            },
          }),
      ),
    ];
  }
}

const samlEmailAttribute = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress';
