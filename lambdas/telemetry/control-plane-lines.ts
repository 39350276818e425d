import { callAttributes } from './attributes.ts';
import { directivesOf } from './embedded-metrics.ts';
import type { LineKinds } from './log-line.ts';
import { metrics } from './metrics.ts';

const driftDirectives = directivesOf('policyDrift', 'meterDrift');

/** What the functions of the control plane say. */
export const controlPlaneLines: Pick<LineKinds, 'admin' | 'reconciled' | 'drift'> = {
  admin: (line) => ({
    members: {
      ...callAttributes(line),
      'gatehouse.admin.operation': line.operation,
      'http.server.request.duration': line.latencyMs / 1000,
    },
  }),
  reconciled: (line) => ({
    members: {
      [metrics.policyDrift.name]: line.policyDrift,
      [metrics.meterDrift.name]: line.meterDrift,
      'gatehouse.reconcile.duration': line.latencyMs / 1000,
      'gatehouse.reconcile.data_planes': line.dataPlanes,
      'gatehouse.reconcile.unreachable': line.unreachable,
      'gatehouse.reconcile.rotations_ended': line.rotationsEnded,
      'gatehouse.reconcile.meters_swept': line.metersSwept,
      'gatehouse.reconcile.failures': line.failures,
    },
    directives: driftDirectives,
  }),
  drift: (line) => ({
    members: {
      'cloud.region': line.region,
      'gatehouse.organization.id': line.organization,
      'gatehouse.meter.drift_micro_usd': line.driftMicroUsd,
    },
  }),
};
