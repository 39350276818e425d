import * as z from 'zod';

/** The subnets that functions run in. They belong to one region, and so does a deployment that names them. */
export const networkSettings = z.strictObject({
  subnetIds: z
    .array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/, 'must be the id of a subnet'))
    .min(1)
    // https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
    .max(16),
  securityGroupIds: z
    .array(z.string().regex(/^sg-[0-9a-f]{8,17}$/, 'must be the id of a security group'))
    .min(1)
    .max(5),
});
