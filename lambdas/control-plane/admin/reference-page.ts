import { hash } from 'node:crypto';
import { html, raw } from 'hono/html';
import { openApiDocument } from './openapi.ts';

/*
 * The API's reference as one page without a script, a cookie or a request to anybody: an admin endpoint is no place for code of
 * third parties (decision 0019). Everything on it comes from the OpenAPI document.
 */

const style = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent) }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1, h2 { line-height: 1.2 }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .4rem 0; padding: 0 .8rem }
summary { cursor: pointer; padding: .5rem 0 }
code, pre { font: 14px/1.45 ui-monospace, monospace }
pre { overflow-x: auto; border-top: 1px solid var(--line); padding-top: .6rem }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700 }
.summary { opacity: .8 }
table { border-collapse: collapse; width: 100% }
td, th { border-bottom: 1px solid var(--line); padding: .3rem .5rem .3rem 0; text-align: left; vertical-align: top }
`;

/** In one piece: the hash below is of exactly what stands between the tags. */
const styleElement = raw(`<style>${style}</style>`);

export const referencePageHeaders = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
};

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: { readonly description?: string };
  readonly description?: string;
}

interface Described {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: unknown }> };
  readonly responses: Record<
    string,
    { readonly description: string; readonly content?: Record<string, { schema: unknown }> }
  >;
}

/** The page as HTML. */
export function referencePage() {
  const document = openApiDocument();
  const all = Object.entries((document.paths ?? {}) as Record<string, Record<string, Described>>).flatMap(
    ([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const tags = [...new Set(all.flatMap(({ operation }) => operation.tags))];
  const schemas = Object.entries(document.components?.schemas ?? {});
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${document.info.title}</title>
        ${styleElement}
      </head>
      <body>
        <h1>${document.info.title} ${document.info.version}</h1>
        <p>${document.info.description}</p>
        <p>
          The same as <a href="/admin/v1/openapi.json">OpenAPI 3.1</a>. Send <code>Authorization: Bearer …</code> with
          every call.
        </p>
        ${tags.map(
          (tag) =>
            html`<h2>${tag}</h2>
              ${all.filter(({ operation }) => operation.tags.includes(tag)).map(renderOperation)}`,
        )}
        <h2>Schemas</h2>
        ${schemas.map(
          ([name, schema]) =>
            html`<details id="${name}">
              <summary><code>${name}</code></summary>
              <pre>${JSON.stringify(schema, null, 2)}</pre>
            </details>`,
        )}
      </body>
    </html>`;
}

function renderOperation({ path, method, operation }: { path: string; method: string; operation: Described }) {
  const body = operation.requestBody?.content['application/json']?.schema;
  return html`<details id="${operation.operationId}">
    <summary>
      <code><span class="method">${method.toUpperCase()}</span> ${path}</code>
      <span class="summary">${operation.summary}</span>
    </summary>
    ${operation.description === undefined ? '' : html`<p>${operation.description}</p>`}
    ${operation.parameters === undefined ? '' : renderParameters(operation.parameters)}
    ${
      body === undefined
        ? ''
        : html`<p>Body</p>
            ${renderSchema(body)}`
    }
    <table>
      <tr>
        <th>Status</th>
        <th>Means</th>
      </tr>
      ${Object.entries(operation.responses).map(
        ([status, { description, content }]) =>
          html`<tr>
            <td><code>${status}</code></td>
            <td>${description} ${renderReference(content)}</td>
          </tr>`,
      )}
    </table>
  </details>`;
}

function renderParameters(parameters: readonly Parameter[]) {
  return html`<table>
    <tr>
      <th>Parameter</th>
      <th>In</th>
      <th>What</th>
    </tr>
    ${parameters.map(
      ({ name, in: place, required, schema, description }) =>
        html`<tr>
          <td><code>${name}</code>${required ? '' : ' (optional)'}</td>
          <td>${place}</td>
          <td>${description ?? schema?.description ?? ''}</td>
        </tr>`,
    )}
  </table>`;
}

function renderSchema(schema: unknown) {
  const name = nameOf(schema);
  return name === undefined
    ? html`<pre>${JSON.stringify(schema, null, 2)}</pre>`
    : html`<p><a href="#${name}">${name}</a></p>`;
}

/** The name of the shared schema that it stands for. */
function nameOf(schema: unknown): string | undefined {
  return (schema as { $ref?: string } | undefined)?.$ref?.split('/').at(-1);
}

function renderReference(content: Record<string, { schema: unknown }> | undefined) {
  const name = nameOf(Object.values(content ?? {})[0]?.schema);
  return name === undefined ? '' : html`<a href="#${name}">${name}</a>`;
}
