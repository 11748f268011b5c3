// What a sink that never fails comes to, for tests.
import type { Kept } from '../../fold.ts'
import type { Projection } from '../../projection.ts'
import { contents, feedInto, versions } from '../made-up.testing.ts'
import { memorySink } from '../memory.ts'

/** Of the first `count` versions. */
export async function expected(projection: Projection, count: number): Promise<readonly Kept[]> {
  const view = await memorySink().open(projection, 'live')
  await feedInto(view, projection, versions(0, count))
  return contents(view)
}
