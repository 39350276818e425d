import * as z from 'zod';

/** Whatever Bedrock has in the region, or models and inference profiles by id or ARN. */
export type BedrockModels = 'all' | readonly string[];

const resource =
  '(foundation-model|(application-)?inference-profile|provisioned-model|imported-model|custom-model-deployment)';

/** An id such as `anthropic.claude-sonnet-5` or `eu.anthropic.claude-sonnet-5`, or an ARN; `*` stands for any text. */
export const modelNamePattern = new RegExp(
  `^([a-z0-9-]+\\.[\\w.:*-]+|arn:[a-z-]+:bedrock:[a-z0-9-]*:(\\d{12})?:${resource}/[\\w.:*-]+)$`,
);

/** Models of Amazon Bedrock that the proxy may call by its own role. */
export const bedrockSetting = z
  .union([
    z.literal('all'),
    z.array(z.string().regex(modelNamePattern, 'must be the id or the ARN of a model or an inference profile')),
  ])
  .default([]);
