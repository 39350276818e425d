import { getPolicyVersion, raisePolicyVersion } from '../../store/control/organization.ts';
import { getCatalogVersion, raiseCatalogVersion } from '../../store/control/provider.ts';
import { organizationMeterId, raiseMeterPolicyVersion } from '../../store/meter-administration.ts';
import { getMeter } from '../../store/meter.ts';
import { catalogPolicyId, workspacePolicyId } from '../../store/policy.ts';
import { compileCatalogPolicy, compileWorkspacePolicy, type WorkspaceSources } from '../publication/compile-policy.ts';
import { publishCatalog, publishWorkspace, type PublicationDependencies } from '../publication/publish.ts';
import { readCatalogSources, readWorkspaceSources } from '../publication/workspace-sources.ts';
import { digestOf } from './digest.ts';
import { observe, type Survey } from './survey.ts';

const maxRaises = 1000;

/** Compares one workspace with one data plane and mends what is different; what the survey saw is looked at again before. */
export async function mendWorkspace(
  deps: PublicationDependencies,
  survey: Survey,
  sources: WorkspaceSources,
): Promise<void> {
  const { plane, counts } = survey;
  const place = { organization: sources.organization.id, workspace: sources.workspace.id };
  const id = workspacePolicyId(place.workspace);
  survey.expected.add(id);
  counts.items += 1;
  if (survey.policies.get(id)?.digest === digestOf(compileWorkspacePolicy(sources, 0))) return;

  const [current, observed] = await Promise.all([readWorkspaceSources(deps.control, place), observe(plane, id)]);
  if (current === undefined || observed?.digest === digestOf(compileWorkspacePolicy(current, 0))) return;
  counts[observed === undefined ? 'missing' : 'stale'] += 1;
  await publishWorkspace({ ...deps, dataPlanes: [plane] }, place);
}

/**
 * Brings versions of an organization into order: the counter in `control` must not be behind what is published (it was
 * restored from a backup), and the meter must not be behind the policies (the call that wrote them died).
 */
export async function mendOrganizationVersions(
  deps: PublicationDependencies,
  survey: Survey,
  organization: string,
): Promise<void> {
  const { plane, counts } = survey;
  const meters = { store: plane.store, table: plane.tables.meter };
  const meterId = organizationMeterId(organization);
  const published = survey.published.get(organization) ?? 0;
  const seen = survey.meters.get(meterId);
  const counter = await getPolicyVersion(deps.control, organization);
  await raiseBeyond(Math.max(published, seen ?? 0), counter, () => raisePolicyVersion(deps.control, organization));

  if (seen === undefined || seen >= published) return;
  const now = (await getMeter(meters, meterId))?.policyVersion;
  if (now === undefined || now >= published) return;
  counts.stale += 1;
  await raiseMeterPolicyVersion(meters, meterId, published);
}

/** The same for the catalog, which no meter guards. */
export async function mendCatalog(deps: PublicationDependencies, survey: Survey): Promise<void> {
  const { plane, counts } = survey;
  survey.expected.add(catalogPolicyId);
  const counter = await getCatalogVersion(deps.control);
  const { providers, credentials } = await readCatalogSources(deps.control);
  const observed = await observe(plane, catalogPolicyId);
  // Nobody has declared anything yet, and a data plane needs no empty catalog.
  if (observed === undefined && counter === 0 && providers.length === 0 && credentials.length === 0) return;
  counts.items += 1;
  await raiseBeyond(observed?.version ?? 0, counter, () => raiseCatalogVersion(deps.control));
  if (observed?.digest === digestOf(compileCatalogPolicy(providers, credentials, 0))) return;
  counts[observed === undefined ? 'missing' : 'stale'] += 1;
  await publishCatalog({ ...deps, dataPlanes: [plane] });
}

/** Draws versions until what is drawn next is higher than anything that was published. */
async function raiseBeyond(highest: number, counter: number, draw: () => Promise<number | undefined>): Promise<void> {
  let version: number | undefined = counter;
  for (let raises = 0; version !== undefined && version < highest && raises < maxRaises; raises += 1) {
    version = await draw();
  }
}
