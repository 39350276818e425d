/**
 * What the stacks must have of the kinds that hold data or run code, by the beginning of the logical id. The walk of
 * `deployment.test.ts` uses each: the comment says where.
 */
export const inventory: Readonly<Record<string, readonly string[]>> = {
  'AWS::DynamoDB::GlobalTable': [
    // Every admin call.
    'ControlPlaneTablesControl',
    // Audit entries.
    'ControlPlaneTablesAudit',
    // Every request, every publication.
    'DataPlanePolicyTable',
    // Admission and the organization's balance.
    'DataPlaneMeterTable',
    // Request records, and their stream.
    'DataPlaneRequestsTable',
    // The credential.
    'DataPlaneVaultTable',
    // Sums of the rollup.
    'DataPlaneUsageTable',
    // Read by the admin API, and written by nothing yet.
    'DataPlaneEvidenceTable',
  ],
  'AWS::KMS::Key': [
    // Of the control plane's tables, which the emulator does not encrypt: listed only.
    'ControlPlaneTablesKey',
    // The credential is sealed and opened with it.
    'DataPlaneVaultKey',
  ],
  'AWS::SecretsManager::Secret': [
    // The token of every admin call.
    'ControlPlaneBootstrapToken',
    // Every request through the distribution.
    'DataPlaneOriginSecret',
  ],
  'AWS::Lambda::Function': ['ControlPlaneAdmin', 'ControlPlaneReconcile', 'DataPlaneProxy', 'DataPlaneUsageRollup'],
  'AWS::Cognito::UserPool': ['ControlPlaneSignInUserPool'],
};
