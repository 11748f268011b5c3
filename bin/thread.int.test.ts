import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepThread } from './thread.ts'

const script = (source: string): URL =>
  new URL(`data:text/javascript,${encodeURIComponent(`import { parentPort, workerData } from 'node:worker_threads'\n${source}`)}`)

test('a thread that fails, or ends though nobody told it to, is begun again; told to end, it is waited for', async () => {
  const times = new Int32Array(new SharedArrayBuffer(8))
  const failures: string[] = []
  const said = Promise.withResolvers<string>()
  const thread = keepThread<Int32Array, string>({
    script: script(`
      const time = Atomics.add(workerData, 0, 1)
      if (time === 0) throw new Error('the first time')
      if (time === 1) process.exit(3)
      parentPort.once('message', () => setTimeout(() => Atomics.store(workerData, 1, 1), 50))
      parentPort.postMessage('here')`),
    data: times,
    onMessage: said.resolve,
    onFailure: (error) => failures.push(String(error)),
  })
  assert.equal(await said.promise, 'here')
  assert.deepEqual(failures, ['Error: the first time', 'Error: the thread ended with 3'])
  await thread[Symbol.asyncDispose]()
  assert.deepEqual([...times], [3, 1])
})

test('it may be told to end before it has begun, and while it waits to begin again', async () => {
  for (const waitUntilItFailed of [false, true]) {
    const failed = Promise.withResolvers<unknown>()
    const thread = keepThread({
      script: script(`throw new Error('no')`),
      data: undefined,
      onMessage: () => undefined,
      onFailure: failed.resolve,
    })
    if (waitUntilItFailed) await failed.promise
    await thread[Symbol.asyncDispose]()
  }
})
