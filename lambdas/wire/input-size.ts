/** What bounds the tokens of a request's input, of the very body that a provider is sent. */
export interface InputSize {
  /** Bytes that are not attachment data: a token is at least one of them. */
  readonly textBytes: number;
  /** Images, documents and audio as base64, and their bytes. */
  readonly attachments: number;
  readonly attachmentBytes: number;
  /** Whether content is fetched elsewhere (URLs, file ids), whose tokens no bytes bound. */
  readonly hasReferences: boolean;
  /** Whether tools or a schema are described, for which providers add instructions of their own and charge them. */
  readonly hasInstructions: boolean;
}
