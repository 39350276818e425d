import { Duration, Stack, Token } from 'aws-cdk-lib';
import { Effect, OidcProviderNative, PolicyStatement, Role, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

const issuer = 'token.actions.githubusercontent.com';
/** What `aws-actions/configure-aws-credentials` asks GitHub to address its tokens to. */
const audience = 'sts.amazonaws.com';
/** Of what `cdk bootstrap` makes. Gatehouse has no container images, so the role that publishes those is left out. */
const bootstrapRoles = ['deploy-role', 'file-publishing-role', 'lookup-role'] as const;

export interface GithubDeployRoleProps {
  /** `owner/name`, in the spelling that GitHub shows. */
  readonly repository: string;

  /**
   * GitHub's number of the repository's owner, together with `repositoryId`: `gh api repos/OWNER/NAME --jq '.owner.id, .id'`.
   *
   * Repositories made or renamed since 15 July 2026 put both numbers into the subject of their tokens, so that nobody who takes over
   * an abandoned name takes over the role as well. Older ones can be switched to that, and should be.
   *
   * @see https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
   * @default - the tokens name the repository without numbers
   */
  readonly ownerId?: string;

  /**
   * GitHub's number of the repository, together with `ownerId`.
   *
   * @default - the tokens name the repository without numbers
   */
  readonly repositoryId?: string;

  /**
   * GitHub environment whose jobs may deploy. Its protection rules then decide who may. Exactly one of `environment` and `branch`.
   *
   * @default - by `branch`
   */
  readonly environment?: string;

  /**
   * Branch whose jobs may deploy if they name no environment.
   *
   * @default - by `environment`
   */
  readonly branch?: string;

  /** Regions that are deployed to, us-east-1 among them where the deployment has a managed web ACL. All must be bootstrapped. */
  readonly regions: readonly string[];

  /**
   * ARN of the account's identity provider for GitHub. An account takes one for each issuer.
   *
   * @default - a new one
   */
  readonly identityProviderArn?: string;

  /**
   * What tells this account's bootstrap from others, as given to `cdk bootstrap --qualifier`.
   *
   * @default 'hnb659fds'
   */
  readonly bootstrapQualifier?: string;

  /**
   * How long the credentials of one job are good for.
   *
   * @default Duration.hours(1)
   */
  readonly maxSessionDuration?: Duration;
}

/**
 * Lets one environment, or one branch, of one GitHub repository deploy to this account, with credentials that live for one job. All it
 * may do is assume the roles that `cdk bootstrap` made: what a deployment may change is decided there.
 *
 * @example
 *
 *    new GithubDeployRole(stack, 'Deploy', { repository: 'example/gateway', environment: 'production', regions: ['eu-west-1'] });
 */
export class GithubDeployRole extends Construct {
  readonly role: IRole;

  constructor(scope: Construct, id: string, props: GithubDeployRoleProps) {
    super(scope, id);
    const regions = requireRegions(props.regions);
    const qualifier = props.bootstrapQualifier ?? 'hnb659fds';
    const role = new Role(this, 'Resource', {
      description: `Deploys from ${props.repository} by GitHub Actions`,
      assumedBy: new WebIdentityPrincipal(props.identityProviderArn ?? this.#newIdentityProvider(), {
        // Equals and never Like: a pattern over subjects is how roles come to trust other people's repositories.
        StringEquals: { [`${issuer}:aud`]: audience, [`${issuer}:sub`]: subjectOf(props) },
      }),
      maxSessionDuration: props.maxSessionDuration ?? Duration.hours(1),
    });
    const { account, partition } = Stack.of(this);
    role.addToPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: ['sts:AssumeRole'],
        resources: regions.flatMap((region) =>
          bootstrapRoles.map(
            (name) => `arn:${partition}:iam::${account}:role/cdk-${qualifier}-${name}-${account}-${region}`,
          ),
        ),
      }),
    );
    this.role = role;
  }

  #newIdentityProvider(): string {
    return new OidcProviderNative(this, 'IdentityProvider', { url: `https://${issuer}`, clientIds: [audience] })
      .oidcProviderArn;
  }
}

function subjectOf(props: GithubDeployRoleProps): string {
  const [owner, name] = requireRepository(props.repository);
  const { ownerId, repositoryId } = requireNumbers(props);
  const repository = ownerId === undefined ? `${owner}/${name}` : `${owner}@${ownerId}/${name}@${repositoryId}`;
  return `repo:${repository}:${contextOf(props)}`;
}

function contextOf({ environment, branch }: GithubDeployRoleProps): string {
  if ((environment === undefined) === (branch === undefined)) {
    throw new Error('exactly one of `environment` and `branch` must be given');
  }
  // GitHub escapes a colon in an environment's name, so that it cannot pass for the next part of the subject.
  if (environment !== undefined) return `environment:${requireName('environment', environment).replaceAll(':', '%3A')}`;
  return `ref:refs/heads/${requireName('branch', branch ?? '')}`;
}

function requireRepository(repository: string): readonly [string, string] {
  const [, owner, name] = /^([\w-]+)\/([\w.-]+)$/.exec(repository) ?? [];
  if (owner === undefined || name === undefined) {
    throw new Error(`\`repository\` must be "owner/name", got: ${repository}`);
  }
  return [owner, name];
}

function requireNumbers({ ownerId, repositoryId }: GithubDeployRoleProps): {
  ownerId: string | undefined;
  repositoryId: string | undefined;
} {
  if ((ownerId === undefined) !== (repositoryId === undefined)) {
    throw new Error('`ownerId` and `repositoryId` must be given together');
  }
  for (const [name, value] of Object.entries({ ownerId, repositoryId })) {
    if (value !== undefined && !/^\d+$/.test(value)) throw new Error(`\`${name}\` must be a number, got: ${value}`);
  }
  return { ownerId, repositoryId };
}

/** In a condition of IAM, `${` begins a variable even under StringEquals. */
function requireName(prop: string, name: string): string {
  if (name === '' || /[*?$]/.test(name)) {
    throw new Error(`\`${prop}\` must be one name, without *, ? and $, got: ${name}`);
  }
  return name;
}

function requireRegions(regions: readonly string[]): readonly string[] {
  const valid = regions.every((region) => Token.isUnresolved(region) || /^[a-z]{2}(-[a-z]+)+-\d$/.test(region));
  if (regions.length === 0 || !valid) {
    throw new Error(`\`regions\` must be one or more AWS regions such as eu-west-1, got: ${regions.join(', ')}`);
  }
  return regions;
}
