import * as z from 'zod';

const certificate = (region: string): RegExp => new RegExp(`^arn:[^:]+:acm:${region}:\\d{12}:certificate/[\\w-]+$`);

/** What an operator decides about mutual TLS between CloudFront and API Gateway; `docs/origins.md` has the order of doing it. */
export const mutualTlsSettings = z.strictObject({
  /** Host name of the API as CloudFront calls it, such as `origin.ai.example.com`. Not a name that callers use. */
  domainName: z
    .hostname()
    .refine((name) => name === name.toLowerCase() && name.includes('.'), 'must be a full host name in lower case'),
  /** ACM certificate for `domainName`, in the region of the data plane. Issued by ACM itself, neither imported nor private. */
  certificateArn: z
    .string()
    .regex(certificate('[a-z0-9-]+'), 'must be the ARN of an ACM certificate in the region of the data plane'),
  /** S3 object with the certificates, in PEM, that clients of API Gateway are verified against. */
  truststoreUri: z
    .string()
    .regex(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/.+$/, 'must be the address of an S3 object, s3://bucket/key'),
  /** Version of that object. Without it a changed truststore is not noticed by a deployment. */
  truststoreVersion: z.string().min(1).max(1024).exactOptional(),
  /** ACM certificate that CloudFront shows to API Gateway, in us-east-1, for client authentication. */
  clientCertificateArn: z
    .string()
    .regex(certificate('us-east-1'), 'must be the ARN of an ACM certificate in us-east-1'),
});
