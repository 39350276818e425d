import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import {
  AccountRecovery,
  CfnUserPoolGroup,
  FeaturePlan,
  Mfa,
  OAuthScope,
  UserPool,
  UserPoolClientIdentityProvider,
} from 'aws-cdk-lib/aws-cognito';
import type { IUserPool, UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { Federation } from './federation.ts';
import type { OidcProvider, SamlProvider } from './federation.ts';
import type { OidcIssuer } from './oidc-issuer.ts';

/** Members of this group of the pool are platform operators. */
const operatorGroup = 'operators';

export interface SignInOptions {
  /**
   * Whether users of the pool need a second factor, a time-based code. Federated users have their provider's.
   *
   * @default Mfa.REQUIRED
   */
  readonly mfa?: Mfa;

  /**
   * First label of the sign-in pages' host name, unique in the region. Federation and sign-in by browser need it.
   *
   * @default - no sign-in pages: tokens come from Cognito's API
   */
  readonly domainPrefix?: string;

  /**
   * Where the sign-in pages may send people back to. Plain http is for localhost only.
   *
   * @default - `http://localhost:8788/callback`
   */
  readonly callbackUrls?: readonly string[];

  /**
   * SAML identity providers. Needs `domainPrefix`.
   *
   * @default - none
   */
  readonly samlProviders?: readonly SamlProvider[];

  /**
   * OpenID Connect identity providers. Needs `domainPrefix`.
   *
   * @default - none
   */
  readonly oidcProviders?: readonly OidcProvider[];
}

export interface SignInProps extends SignInOptions {
  /**
   * What happens to the users when the stack is deleted. Anything but RETAIN also lifts deletion protection.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A user pool for the people who run Gatehouse: nobody signs up by themselves, and one public client signs in by authorization code
 * with PKCE. The API verifies its tokens like any other issuer's.
 */
export class SignIn extends Construct {
  readonly userPool: UserPool;
  readonly client: UserPoolClient;
  /** How the admin function knows this pool's tokens. */
  readonly issuer: OidcIssuer;

  constructor(scope: Construct, id: string, props: SignInProps = {}) {
    super(scope, id);
    validateFederation(props);
    this.userPool = this.#newUserPool(props);
    const userPool = this.userPool as IUserPool;
    new CfnUserPoolGroup(this, 'Operators', {
      userPoolId: this.userPool.userPoolId,
      groupName: operatorGroup,
      description: 'Gatehouse platform operators: may do everything the admin API offers',
    });
    const federation = new Federation(this, 'Federation', {
      userPool,
      samlProviders: props.samlProviders ?? [],
      oidcProviders: props.oidcProviders ?? [],
    });
    if (props.domainPrefix !== undefined) {
      this.userPool.addDomain('Domain', { cognitoDomain: { domainPrefix: props.domainPrefix } });
    }
    this.client = this.#newClient(props, federation);
    const issuer = issuerOf(userPool);
    this.issuer = {
      issuer,
      audiences: [this.client.userPoolClientId],
      jwksUrl: `${issuer}/.well-known/jwks.json`,
      roles: [{ claim: 'cognito:groups', value: operatorGroup, role: 'operator' }],
    };
  }

  #newUserPool({ mfa = Mfa.REQUIRED, removalPolicy = RemovalPolicy.RETAIN }: SignInProps): UserPool {
    const userPool = new UserPool(this, 'UserPool', {
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      signInCaseSensitive: false,
      autoVerify: { email: true },
      // A changed address counts only once it is verified: memberships may hang on it.
      keepOriginal: { email: true },
      standardAttributes: { email: { required: true, mutable: true } },
      mfa,
      ...(mfa !== Mfa.OFF && { mfaSecondFactor: { sms: false, otp: true } }),
      passwordPolicy: {
        minLength: 14,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      featurePlan: FeaturePlan.ESSENTIALS,
      deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
      removalPolicy,
    });
    const rules = Validations.of(userPool);
    rules.acknowledge({
      id: 'AwsSolutions-COG8',
      reason:
        'The Plus plan bills every user and adds risk scoring; a pool of a few operators with a required second factor and no self sign-up gains little from it. Operators who need it set the plan on `userPool`.',
    });
    if (mfa !== Mfa.REQUIRED) {
      rules.acknowledge({
        id: 'AwsSolutions-COG2',
        reason:
          'Relaxed by the operator, for instance where everybody signs in through an identity provider that asks for the second factor itself; it is required by default.',
      });
    }
    return userPool;
  }

  #newClient(props: SignInProps, { providers }: Federation): UserPoolClient {
    return this.userPool.addClient('Client', {
      // A program on somebody's machine cannot keep a secret; PKCE stands in for it.
      generateSecret: false,
      authFlows: { userSrp: true },
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, OAuthScope.EMAIL, OAuthScope.PROFILE],
        callbackUrls: [...(props.callbackUrls ?? ['http://localhost:8788/callback'])],
      },
      supportedIdentityProviders: [
        UserPoolClientIdentityProvider.COGNITO,
        ...providers.map(({ providerName }) => UserPoolClientIdentityProvider.custom(providerName)),
      ],
      accessTokenValidity: Duration.hours(1),
      idTokenValidity: Duration.hours(1),
      refreshTokenValidity: Duration.hours(12),
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
    });
  }
}

/**
 * Put together from its parts, as Cognito documents it: emulators do not know the attribute `ProviderURL` of a pool.
 *
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
 */
function issuerOf(userPool: IUserPool): string {
  const { region, urlSuffix } = Stack.of(userPool);
  return `https://cognito-idp.${region}.${urlSuffix}/${userPool.userPoolId}`;
}

function validateFederation({ domainPrefix, samlProviders = [], oidcProviders = [] }: SignInProps): void {
  const names = [...samlProviders, ...oidcProviders].map(({ name }) => name);
  if (names.length > 0 && domainPrefix === undefined) {
    throw new Error(`\`domainPrefix\` is required with federation, got providers: ${names.join(', ')}`);
  }
  if (new Set(names).size < names.length) {
    throw new Error(`identity providers must have different names, got: ${names.join(', ')}`);
  }
}
