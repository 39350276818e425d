import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { GithubDeployRole, type GithubDeployRoleProps } from '../../../lib/delivery/github-deploy-role.ts';
import { emptyStack, identityStatements, onlyResource } from '../synthesize.ts';

const production: GithubDeployRoleProps = {
  repository: 'example/gateway',
  environment: 'production',
  regions: ['eu-west-1'],
};

describe('GithubDeployRole', () => {
  it('trusts one environment of one repository, by the whole subject and the audience', () => {
    const conditions = trustOf(production).Condition;

    expect(conditions).toEqual({
      StringEquals: {
        'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
        'token.actions.githubusercontent.com:sub': 'repo:example/gateway:environment:production',
      },
    });
  });

  it('trusts a branch instead of an environment', () => {
    const { environment: _, ...withoutEnvironment } = production;

    const subject = subjectOf({ ...withoutEnvironment, branch: 'main' });

    expect(subject).toBe('repo:example/gateway:ref:refs/heads/main');
  });

  it('trusts the numbers of owner and repository where tokens carry them', () => {
    const subject = subjectOf({ ...production, ownerId: '123456', repositoryId: '456789' });

    expect(subject).toBe('repo:example@123456/gateway@456789:environment:production');
  });

  it('escapes a colon in the name of an environment as GitHub does', () => {
    const subject = subjectOf({ ...production, environment: 'production:eu' });

    expect(subject).toBe('repo:example/gateway:environment:production%3Aeu');
  });

  it('may assume the bootstrap roles of its regions and do nothing else', () => {
    const stack = emptyStack();

    new GithubDeployRole(stack, 'Deploy', { ...production, regions: ['eu-west-1', 'us-east-1'] });

    const statements = identityStatements(Template.fromStack(stack));
    expect(statements.map(({ effect, actions }) => [effect, actions])).toEqual([['Allow', ['sts:AssumeRole']]]);
    const arns = ['eu-west-1', 'us-east-1'].flatMap((region) =>
      ['deploy-role', 'file-publishing-role', 'lookup-role'].map(
        (name) => `arn:aws:iam::ACCOUNT:role/cdk-hnb659fds-${name}-ACCOUNT-${region}`,
      ),
    );
    expect(statements.flatMap(({ resources }) => resources.map(arnOf)).toSorted()).toEqual(arns.toSorted());
  });

  it('makes the identity provider unless the account has one', () => {
    const arn = 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com';
    const withOwn = emptyStack();
    const withExisting = emptyStack();

    new GithubDeployRole(withOwn, 'Deploy', production);
    new GithubDeployRole(withExisting, 'Deploy', { ...production, identityProviderArn: arn });

    Template.fromStack(withOwn).hasResourceProperties('AWS::IAM::OIDCProvider', {
      Url: 'https://token.actions.githubusercontent.com',
      ClientIdList: ['sts.amazonaws.com'],
    });
    Template.fromStack(withExisting).resourceCountIs('AWS::IAM::OIDCProvider', 0);
    expect(trustOf({ ...production, identityProviderArn: arn }).Principal).toEqual({ Federated: arn });
  });

  it('gives credentials of one hour', () => {
    const stack = emptyStack();

    new GithubDeployRole(stack, 'Deploy', production);

    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Role', { MaxSessionDuration: 3600 });
  });

  it('leaves cdk-nag nothing to find', () => {
    const stack = emptyStack();
    new GithubDeployRole(stack, 'Deploy', production);

    const found = [new AwsSolutionsChecks(stack), new ServerlessChecks(stack)].flatMap(
      (pack) => pack.validateScope(stack).violations,
    );

    expect(found.map(({ ruleName }) => ruleName)).toEqual([]);
  });

  it.each<[string, Partial<GithubDeployRoleProps>, RegExp]>([
    [
      'neither environment nor branch',
      { environment: undefined as never },
      /exactly one of `environment` and `branch`/,
    ],
    ['both', { branch: 'main' }, /exactly one of `environment` and `branch`/],
    ['every environment', { environment: '*' }, /`environment` must be one name/],
    ['a variable of IAM', { environment: '${aws:username}' }, /`environment` must be one name/],
    ['every repository', { repository: 'example/*' }, /`repository` must be "owner\/name"/],
    ['a repository without owner', { repository: 'gateway' }, /`repository` must be "owner\/name"/],
    ['one number of two', { ownerId: '1' }, /must be given together/],
    ['a number that is none', { ownerId: '1/x@2:', repositoryId: '2' }, /`ownerId` must be a number/],
    ['no region', { regions: [] }, /`regions` must be one or more AWS regions/],
    ['every region', { regions: ['*'] }, /`regions` must be one or more AWS regions/],
  ])('refuses %s', (_, change, message) => {
    const stack = emptyStack();

    const construct = () => new GithubDeployRole(stack, 'Deploy', { ...production, ...change });

    expect(construct).toThrow(message);
  });
});

interface Trust {
  readonly Principal: unknown;
  readonly Condition: { readonly StringEquals: Readonly<Record<string, string>> };
}

function trustOf(props: GithubDeployRoleProps): Trust {
  const stack = emptyStack();
  new GithubDeployRole(stack, 'Deploy', props);
  const role = onlyResource(Template.fromStack(stack), 'AWS::IAM::Role');
  const { Statement } = role.Properties['AssumeRolePolicyDocument'] as { Statement: readonly Trust[] };
  expect(Statement).toHaveLength(1);
  return Statement[0]!;
}

function subjectOf(props: GithubDeployRoleProps): string | undefined {
  return trustOf(props).Condition.StringEquals['token.actions.githubusercontent.com:sub'];
}

/** An ARN as the template joins it, the reference to the account replaced by a word. */
function arnOf(resource: string): string {
  const { 'Fn::Join': join } = JSON.parse(resource) as { 'Fn::Join': [string, unknown[]] };
  return join[1].map((part) => (typeof part === 'string' ? part : 'ACCOUNT')).join('');
}
