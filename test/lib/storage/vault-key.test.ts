import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, it } from 'vitest';
import type { EncryptionContext } from '../../../lambdas/crypto/key-wrapper.ts';
import { VaultKey } from '../../../lib/storage/vault-key.ts';
import { emptyStack, identityStatements, onlyResource } from '../synthesize.ts';

const contextMembers: Record<keyof EncryptionContext, true> = {
  app: true,
  organization: true,
  workspace: true,
  provider: true,
  credential: true,
};

function stackWithRole() {
  const stack = emptyStack();
  return { stack, role: new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') }) };
}

describe('VaultKey', () => {
  it('rotates, waits 30 days before it is deleted, and outlives its stack', () => {
    const { stack } = stackWithRole();

    new VaultKey(stack, 'VaultKey');

    Template.fromStack(stack).hasResource('AWS::KMS::Key', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: Match.objectLike({ EnableKeyRotation: true, PendingWindowInDays: 30 }),
    });
  });

  it.each([
    ['grantDecrypt', 'kms:Decrypt'],
    ['grantGenerateDataKey', 'kms:GenerateDataKey'],
  ] as const)('%s allows %s alone, and only under the whole encryption context', (method, action) => {
    const { stack, role } = stackWithRole();

    new VaultKey(stack, 'VaultKey')[method](role);

    const [granted, ...others] = identityStatements(Template.fromStack(stack));
    const members = Object.keys(contextMembers);
    expect(others).toEqual([]);
    expect(granted).toMatchObject({ effect: 'Allow', actions: [action] });
    expect(granted?.resources).toEqual([expect.stringMatching(/VaultKey.*Arn/)]);
    expect(granted?.statement.Condition).toEqual({
      StringEquals: { 'kms:EncryptionContext:app': 'gatehouse' },
      Null: Object.fromEntries(
        members.filter((member) => member !== 'app').map((member) => [`kms:EncryptionContext:${member}`, 'false']),
      ),
      'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': members },
    });
  });

  it('refuses decryption to every principal but the roles that were granted it', () => {
    const { stack, role } = stackWithRole();
    const second = new Role(stack, 'Second', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    const vaultKey = new VaultKey(stack, 'VaultKey');

    vaultKey.grantDecrypt(role);
    vaultKey.grantDecrypt(second);

    const { Properties: key } = onlyResource(Template.fromStack(stack), 'AWS::KMS::Key');
    expect(key).toHaveProperty('KeyPolicy.Statement', [
      expect.objectContaining({ Effect: 'Allow', Action: 'kms:*' }),
      {
        Sid: 'OnlyGrantedRolesDecrypt',
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: ['kms:CreateGrant', 'kms:Decrypt', 'kms:ReEncryptFrom'],
        Resource: '*',
        Condition: {
          ArnNotEquals: {
            'aws:PrincipalArn': [role, second].map((granted) => stack.resolve(granted.roleArn)),
          },
        },
      },
    ]);
  });

  it('uses an existing key without touching its policy', () => {
    const { stack, role } = stackWithRole();
    const arn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

    const vaultKey = new VaultKey(stack, 'VaultKey', { key: Key.fromKeyArn(stack, 'Existing', arn) });
    vaultKey.grantDecrypt(role);

    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::KMS::Key', 0);
    expect(identityStatements(template)).toMatchObject([
      { actions: ['kms:Decrypt'], resources: [JSON.stringify(arn)] },
    ]);
  });
});
