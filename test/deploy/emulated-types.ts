/**
 * Resource types that the emulator refuses and the deployment test accepts without doing anything, each with what stands for it
 * instead. A refusal that is not here fails the deployment with the type's name; so does a type that the emulator meanwhile
 * provides, and one that no template uses.
 */
export const emulatedTypes: Readonly<Record<string, string>> = {
  'AWS::WAFv2::WebACLAssociation': 'which API the web ACL guards: test/lib/control-plane/admin-api.test.ts',
  'AWS::CodeDeploy::Application': 'what a gradual release consists of: test/lib/compute/gradual-release.test.ts',
  'AWS::CodeDeploy::DeploymentGroup': 'how it moves the alias and what rolls it back: the same',
};
