// The thread in which a server keeps views of documents, and relays the feed: whoever appends or reads does not wait for it.
import { parentPort, workerData } from 'node:worker_threads'
import { views } from '../projections/views/index.ts'
import { project, type Projecting } from './projecting.ts'
import { documentSinks, feedRelays } from './sinks.ts'

const { url, settings } = workerData as Projecting
const ended = new Promise((end) => parentPort?.once('message', end))

await project(
  url,
  async (open) => ({
    sinks: await open(documentSinks({ workingUrl: () => Promise.resolve(url) }, settings)),
    projections: Object.values(views),
    relays: await open(feedRelays(settings)),
  }),
  (told) => parentPort?.postMessage(told),
  ended,
)
