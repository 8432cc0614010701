/** What looks at a running app: given to `start`. `prometheus()` and `openTelemetry()` make some; whoever writes another reads plain data. */
import type { Reading } from './reading.ts'
import type { Signal } from './signals.ts'
import type { Tracing } from './tracing.ts'

/** A running app, as telemetry sees it. */
export interface Observed {
  readonly app: string
  /** Every signal that may come: those of Metrobus and the app's own. */
  readonly signals: readonly Signal[]
  /** Every signal as it is now. Asks the bus for its positions; never rejects, also when the bus or the app has failed. */
  read(): Promise<readonly Reading[]>
}

/** What tracing is told of an app. */
export interface Traced {
  readonly app: string
  /** The bus, in the words of OpenTelemetry: `messaging.system`. */
  readonly system: string
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/** Given to `start({ telemetry })`; one may look at several apps of a process. */
export interface Telemetry {
  /** Begins to look at an app that starts; the answer ends it. The app fails when it rejects. */
  watch(app: Observed): Promise<{ close(): Promise<void> }>
  /** Asked once, before the app handles its first event: how it is traced. Of several the first counts. */
  readonly tracing?: (app: Traced) => Promise<Tracing | undefined>
  /** What Prometheus is answered: the health port serves it at /metrics. */
  readonly page?: () => Promise<MetricsPage>
}

/** The exposition of Prometheus, with its content type. */
export interface MetricsPage {
  readonly contentType: string
  readonly text: string
}
