import { hash } from 'node:crypto';
import { documentType } from '../document-type.ts';
import { createDocument, deleteDocument, type DocumentKey, type DocumentTable, iterateDocuments } from '../document.ts';

/*
 * | pattern                     | key                                         | called by           |
 * |-----------------------------|---------------------------------------------|---------------------|
 * | getMember …                 | `org#<organization>` / `member#<id>`        | every admin request |
 * | listMembers                 | `org#<organization>`                        | admin API, erase    |
 * | listOrganizationsOfMember   | `identity#<member id>` / `<organization>`   | GET /organizations  |
 *
 * A member's id is a digest of the identity, so that whoever signs in is found with one read per organization.
 */

export interface MemberRecord {
  readonly id: string;
  readonly organization: string;
  readonly identity: { readonly kind: 'email' | 'subject'; readonly value: string };
  readonly role: 'owner' | 'admin' | 'member' | 'auditor';
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The call that made it: repeated after it died, it finds its own member and not somebody else's. */
  readonly creation?: string;
}

export function memberIdOf({ kind, value }: MemberRecord['identity']): string {
  return `mem_${hash('sha256', `${kind}:${value}`, 'hex').slice(0, 32)}`;
}

const members = documentType<MemberRecord, string>({
  partitionOf: (organization) => `org#${organization}`,
  prefix: 'member#',
  nameOf: ({ id }) => id,
});
const membershipKey = (id: string, organization: string): DocumentKey => ({ pk: `identity#${id}`, sk: organization });

export const { get: getMember, list: listMembers, iterate: iterateMembers } = members;

/** The way back from the identity is written first: alone it gives nobody anything. */
export async function createMember(control: DocumentTable, record: MemberRecord): Promise<boolean> {
  await createDocument(control, membershipKey(record.id, record.organization), {});
  return members.create(control, record.organization, record);
}

/** The new version, or `undefined` where somebody else changed it since. */
export const replaceMember = (
  control: DocumentTable,
  record: MemberRecord,
  version: number,
): Promise<number | undefined> => members.replace(control, record.organization, record, version);

/** With a version only if it still has that (0: only if there is none); says whether it is gone. */
export async function deleteMember(
  control: DocumentTable,
  { organization, id }: { organization: string; id: string },
  version?: number,
): Promise<boolean> {
  if (!(await members.remove(control, organization, id, version))) return false;
  return deleteDocument(control, membershipKey(id, organization));
}

/** For an erasure: the way back goes first, so that whoever takes up one that died still finds it by the member. */
export async function eraseMember(
  control: DocumentTable,
  { organization, id }: { organization: string; id: string },
): Promise<void> {
  await deleteDocument(control, membershipKey(id, organization));
  await members.remove(control, organization, id);
}

/** Ids of organizations that made this identity a member; the member item itself decides. */
export async function listOrganizationsOfMember(control: DocumentTable, id: string): Promise<string[]> {
  const organizations: string[] = [];
  for await (const { sk } of iterateDocuments(control, { pk: `identity#${id}`, prefix: '' })) organizations.push(sk);
  return organizations;
}
