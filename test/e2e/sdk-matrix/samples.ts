/** An image of one pixel. */
export const pngBase64 =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
export const pngDescription = 'image 1: image/png, 70 bytes, sha256 6b7fa434f92a';

/** As much of a document as the simulated provider wants: it reads the bytes and not the pages. */
export const pdfBase64 = Buffer.from('%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n').toString('base64');

export const weatherSchema = {
  type: 'object',
  properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'kelvin'] } },
  required: ['city', 'unit'],
  additionalProperties: false,
} as const;

/** What the simulated models fill in for it. */
export const weatherArguments = { city: 'sample city', unit: 'celsius' };

export const timeSchema = {
  type: 'object',
  properties: { zone: { type: 'string' } },
  required: ['zone'],
  additionalProperties: false,
} as const;

export const timeArguments = { zone: 'sample zone' };
