/** What a model is asked for beside messages and tools, by where Converse has it. */
export interface ModelOptions {
  readonly inferenceConfig: object;
  readonly additionalModelRequestFields: object;
  readonly outputConfig: object;
  /** False where signed reasoning of earlier turns may not be sent: nothing of the kind is asked for now. */
  readonly thoughts: boolean;
}
