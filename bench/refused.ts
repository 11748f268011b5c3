/** A bench that cannot be run here. The message says what to do. */
export class BenchRefused extends Error {
  override readonly name = 'BenchRefused'
}
