import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { Gatehouse, loadDeploymentConfig } from '../lib/index.ts';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
new Gatehouse(app, 'Gatehouse', { config: loadDeploymentConfig(app.node) });
