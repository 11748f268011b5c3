// Promises: how much of the heap is in use, after all that can be freed was freed.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

export function heapBytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}
