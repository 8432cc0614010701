/** Lines over time. */
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

export interface Series {
  readonly label: string
  /** An index of the palette. */
  readonly colour: number
  /** Null where nothing is known. */
  readonly values: readonly (number | null)[]
}

const height = 160

const clock = (seconds: number): string => new Date(seconds * 1000).toLocaleTimeString('en', { hour12: false })

export function Chart({
  title,
  times,
  series,
}: {
  readonly title: string
  readonly times: readonly number[]
  readonly series: readonly Series[]
}) {
  const holder = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const data: uPlot.AlignedData = [times.map((at) => at / 1000), ...series.map(({ values }) => [...values])]
  useEffect(() => {
    const style = getComputedStyle(document.documentElement)
    const axis = { stroke: style.getPropertyValue('--soft'), grid: { stroke: style.getPropertyValue('--rule') } }
    plot.current = new uPlot(
      {
        title,
        width: holder.current!.clientWidth,
        height,
        axes: [{ ...axis, values: (_, ticks) => ticks.map(clock) }, axis],
        scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] } },
        series: [
          { value: (_, seconds) => (seconds === null ? '' : clock(seconds)) },
          ...series.map(({ label, colour }) => ({ label, stroke: style.getPropertyValue(`--c${colour}`), width: 2 })),
        ],
      },
      data,
      holder.current!,
    )
    const resized = new ResizeObserver(([entry]) => plot.current?.setSize({ width: entry!.contentRect.width, height }))
    resized.observe(holder.current!)
    return () => {
      resized.disconnect()
      plot.current?.destroy()
    }
  }, [])
  useEffect(() => plot.current?.setData(data))
  return <div class="chart" ref={holder} role="img" aria-label={title} />
}
