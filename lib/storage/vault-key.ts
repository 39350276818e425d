import { Duration, Lazy, RemovalPolicy } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, Grant, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/** Value of the context member `app`; the rest of the context names the credential (`lambdas/crypto/key-wrapper.ts`). */
const application = 'gatehouse';
const requiredContextMembers = ['organization', 'workspace', 'provider', 'credential'] as const;

export interface VaultKeyProps {
  /**
   * An existing symmetric key to wrap data keys with. Its key policy stays the owner's: it must let IAM policies of this account
   * grant `kms:Decrypt` and `kms:GenerateDataKey`, and it gets no Deny for other principals.
   *
   * @default - a new key with yearly rotation
   */
  readonly key?: IKey;

  /**
   * What happens to a new key when the stack is deleted. Losing it is losing every stored credential.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * The key that wraps the data keys of provider credentials. Both grants hold only for calls that name the credential in the
 * encryption context, and a role gets either half: whoever stores a credential cannot read it back.
 *
 * Once a role may decrypt, the key policy refuses `kms:Decrypt` to every other principal, account administrators included. They can
 * still change the key policy, which CloudTrail records.
 *
 * @example
 *
 *    const vaultKey = new VaultKey(this, 'VaultKey');
 *    vaultKey.grantDecrypt(proxy.role);
 */
export class VaultKey extends Construct {
  readonly key: IKey;
  readonly #ownedKey: Key | undefined;
  readonly #decryptRoleArns: string[] = [];

  constructor(scope: Construct, id: string, props: VaultKeyProps = {}) {
    super(scope, id);
    if (props.key !== undefined) {
      this.key = props.key;
      return;
    }
    this.#ownedKey = new Key(this, 'Resource', {
      description: 'Wraps the data keys of Gatehouse provider credentials',
      enableKeyRotation: true,
      pendingWindow: Duration.days(30),
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    });
    this.key = this.#ownedKey;
  }

  /** Lets the role unwrap data keys whose context names an organization, workspace, provider and credential. */
  grantDecrypt(role: IRole): Grant {
    if (this.#decryptRoleArns.length === 0) this.#refuseOtherDecrypters();
    this.#decryptRoleArns.push(role.roleArn);
    return this.#grant(role, 'kms:Decrypt');
  }

  /** Lets the role make data keys under such a context. It cannot unwrap one. */
  grantGenerateDataKey(role: IRole): Grant {
    return this.#grant(role, 'kms:GenerateDataKey');
  }

  #grant(role: IRole, action: string): Grant {
    return Grant.addToPrincipal({
      grantee: role,
      actions: [action],
      resourceArns: [this.key.keyArn],
      conditions: {
        StringEquals: { 'kms:EncryptionContext:app': application },
        Null: Object.fromEntries(requiredContextMembers.map((member) => [`kms:EncryptionContext:${member}`, 'false'])),
        // With the members above required, this makes the context exactly these five: nothing can ride along unseen.
        'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['app', ...requiredContextMembers] },
      },
    });
  }

  #refuseOtherDecrypters(): void {
    this.#ownedKey?.addToResourcePolicy(
      new PolicyStatement({
        sid: 'OnlyGrantedRolesDecrypt',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        // A KMS grant would be a second way to the same answer.
        actions: ['kms:Decrypt', 'kms:ReEncryptFrom', 'kms:CreateGrant'],
        resources: ['*'],
        conditions: {
          ArnNotEquals: { 'aws:PrincipalArn': Lazy.list({ produce: () => [...this.#decryptRoleArns] }) },
        },
      }),
    );
  }
}
