import { describe, expect, it } from 'vitest';
import { parseDeploymentConfig } from '../../../lib/deployment-config.ts';

const topic = 'arn:aws:sns:eu-west-1:111122223333:operators';
const home = { regions: ['eu-west-1'] };

describe('the settings `monitoring` and `release`', () => {
  it('take every member', () => {
    const monitoring = {
      alarms: true,
      alarmTopicArn: topic,
      alarmEmails: ['a@example.com'],
      dashboard: false,
      traces: { endpoint: 'http://collector.internal:4318/v1/traces' },
    };

    const config = parseDeploymentConfig({ ...home, monitoring, release: 'linear' });

    expect(config).toMatchObject({ monitoring, release: 'linear' });
  });

  it.each([
    [
      { ...home, monitoring: { alarmTopicArn: 'operators' } },
      '`monitoring.alarmTopicArn` must be the ARN of a standard',
    ],
    [
      { ...home, monitoring: { alarmTopicArn: `${topic}.fifo` } },
      '`monitoring.alarmTopicArn` must be the ARN of a standard',
    ],
    [
      { regions: ['us-east-1'], monitoring: { alarmTopicArn: topic } },
      '`monitoring.alarmTopicArn` must be in the one region of the deployment',
    ],
    [
      { regions: ['eu-west-1', 'us-east-1'], monitoring: { alarmTopicArn: topic } },
      '`monitoring.alarmTopicArn` must be in the one region of the deployment',
    ],
    [{ monitoring: { alarmEmails: ['nobody'] } }, '`monitoring.alarmEmails.0` must be an e-mail address'],
    [
      { monitoring: { alarmEmails: ['a@example.com', 'a@example.com'] } },
      '`monitoring.alarmEmails` must not name an address twice',
    ],
    [
      { monitoring: { alarms: false, alarmEmails: ['a@example.com'] } },
      '`monitoring.alarms` must not be false with a topic or addresses',
    ],
    [
      { ...home, monitoring: { alarms: false, alarmTopicArn: topic } },
      '`monitoring.alarms` must not be false with a topic or addresses',
    ],
    [{ monitoring: { traces: { endpoint: 'collector:4318' } } }, '`monitoring.traces.endpoint` must be a URL'],
    [{ release: 'blue-green' }, '`release` '],
  ] as const)('refuse %j', (settings, message) => {
    const parse = () => parseDeploymentConfig(settings);

    expect(parse).toThrow(message);
  });
});
