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

    const vpc = { subnetIds: ['subnet-0a1b2c3d'], securityGroupIds: ['sg-0a1b2c3d'] };
    const config = parseDeploymentConfig({ ...home, vpc, monitoring, release: 'linear' });

    expect(config).toMatchObject({ monitoring, release: 'linear' });
  });

  it.each(['https://otel.example.com/v1/traces', 'http://127.0.0.1:4318/v1/traces', 'http://localhost:4318/v1/traces'])(
    'take %s for a collector, in any network',
    (endpoint) => {
      const { monitoring } = parseDeploymentConfig({ monitoring: { traces: { endpoint } } });

      expect(monitoring.traces).toEqual({ endpoint });
    },
  );

  it.each([
    ...['http://otel.example.com/v1/traces', 'http://10.0.0.1:4318/v1/traces', 'http://127.0.0.1.example.com/'].map(
      (endpoint) =>
        [
          { monitoring: { traces: { endpoint } } },
          '`monitoring.traces.endpoint` must be https, or a loopback address',
        ] as const,
    ),
    ...['https://user:word@example.com/', 'https://example.com/?key=1', 'https://example.com/#a'].map(
      (endpoint) => [{ monitoring: { traces: { endpoint } } }, 'must be host and path only'] as const,
    ),
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
