import { buildSelfDeclaredProvider } from '../../../providers/self-declared.ts';
import type { ProviderDeclaration } from '../../../store/policy.ts';
import type { FieldError } from '../problem.ts';
import { urlFault } from './endpoint-url.ts';

/** Headers of a request that are the gateway's or the connection's own. (RFC 9110 sections 7.6.1 and 8; RFC 9112) */
const ownHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
]);

/**
 * What no schema can tell about a declaration: addresses, names of headers and models. Fields are named within it, such as
 * `auth.name`. Empty where nothing is wrong.
 */
export function declarationFaults(
  declaration: ProviderDeclaration,
  rules: { readonly allowPrivate: boolean },
): FieldError[] {
  const url = urlFault(declaration.baseUrl, rules);
  const auth = authFault(declaration);
  return [
    ...(url === undefined ? [] : [{ field: 'baseUrl', message: url }]),
    ...(auth === undefined ? [] : [{ field: 'auth.name', message: auth }]),
    ...repeatedModels(declaration),
  ];
}

function authFault(declaration: ProviderDeclaration): string | undefined {
  const { kind, name } = declaration.auth;
  switch (kind) {
    case 'header':
      return name === undefined ? undefined : headerFault(name.toLowerCase());
    case 'query':
      return name?.includes('/') === true ? 'must be the name of a query parameter, without "/"' : undefined;
    case 'sigv4': {
      const { auth } = buildSelfDeclaredProvider('declared', declaration);
      const isComplete = auth.kind === 'sigv4' && auth.scope !== undefined;
      return isComplete ? undefined : 'must be "service/region", because the host does not tell what to sign for';
    }
    case 'bearer':
    case 'none':
      return name === undefined ? undefined : `must be left out: "${kind}" has no name`;
  }
}

function headerFault(name: string): string | undefined {
  if (name.includes('/')) return 'must be the name of a header, without "/"';
  if (name === 'authorization') return 'must be another header; for this one, use {"kind": "bearer"}';
  return ownHeaders.has(name) ? 'must be another header: this one belongs to the request itself' : undefined;
}

function repeatedModels({ models }: ProviderDeclaration): FieldError[] {
  const seen = new Set<string>();
  return models.flatMap(({ id }, index) => {
    if (seen.has(id)) return [{ field: `models.${index}.id`, message: 'must be listed once' }];
    seen.add(id);
    return [];
  });
}
