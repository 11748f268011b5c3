// A view's figures over all documents that match a question, however many pages they take.
import type { JsonObject } from '../../ledger/json.ts'
import { MAX_PAGE } from '../../ledger/request.ts'
import type { Projection } from '../projection.ts'
import type { View, ViewQuestion } from '../sinks/sink.ts'

/** Of more, no total is made: it would be read anew with each page. */
export const MAX_TOTAL_DOCUMENTS = 10_000

/** `whole`: the documents, where they are all there. Undefined: the view has no such figures, or there are too many documents. */
export async function viewTotal(
  view: View,
  { total }: Projection,
  question: Pick<ViewQuestion, 'filters' | 'key'>,
  whole?: readonly JsonObject[],
): Promise<object | undefined> {
  const documents = total && (whole ?? (await all(view, question)))
  return documents && total.of(documents)
}

async function all(view: View, question: Pick<ViewQuestion, 'filters' | 'key'>): Promise<readonly JsonObject[] | undefined> {
  const found: JsonObject[] = []
  for (let after: string | undefined; ;) {
    const { documents, hasMore } = await view.read({ ...question, after, limit: MAX_PAGE })
    found.push(...documents.map(({ document }) => document))
    if (!hasMore) return found
    if (found.length >= MAX_TOTAL_DOCUMENTS) return undefined
    after = documents.at(-1)?.key
  }
}
