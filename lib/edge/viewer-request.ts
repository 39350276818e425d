import { bodyTooLarge, edgeBody, edgeHeaders } from './edge-answer.ts';
import { originVerifyHeader } from './edge-origin.ts';

/** Address of the viewer as CloudFront saw it. Worth trusting only after the origin header was checked. */
export const viewerAddressHeader = 'x-gatehouse-viewer-address';

/** `maxRequestBytes` of `lambdas/http/request-body.ts`; a test keeps them equal. */
const maxBodyBytes = 6 * 1024 * 1024;

/**
 * Headers by which parts of the installation speak to each other. Whoever receives one sets or checks it; that no viewer's value even
 * travels is a second lock.
 */
const internalHeaders = [originVerifyHeader, 'x-amz-tenant-id'];

/**
 * Runs in CloudFront on each request, after the web ACL. It cannot read bodies, but what announces too long a one is answered here:
 * API Gateway takes 10 MB, and would hand Lambda more than it takes. Assigning the address drops any value the viewer sent under that
 * name. Its runtime knows less of the language than Node: only what it lists may be used.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
 */
export const viewerRequestCode = `function handler(event) {
  const request = event.request;
  const length = request.headers['content-length'];
  if (length && parseInt(length.value, 10) > ${maxBodyBytes}) return ${tooLargeResponse()};
  ${internalHeaders.map((name) => `delete request.headers['${name}'];`).join('\n  ')}
  request.headers['${viewerAddressHeader}'] = { value: event.viewer.ip };
  return request;
}
`;

function tooLargeResponse(): string {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', ...edgeHeaders(bodyTooLarge) };
  return JSON.stringify({
    statusCode: 413,
    statusDescription: 'Content Too Large',
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { value }])),
    body: { encoding: 'text', data: edgeBody(bodyTooLarge) },
  });
}
