/** The part of the map that is seen: dragged, turned by the wheel, or moved by keys. */
import type { RefObject } from 'preact'
import { useCallback, useEffect, useRef } from 'preact/hooks'

interface Box {
  x: number
  y: number
  width: number
  height: number
}

interface Drag {
  readonly fromX: number
  readonly fromY: number
  /** Pixels so far. */
  x: number
  y: number
  isMoved: boolean
}

/** Pixels: a click may tremble. */
const dragMin = 4
const stepPart = 0.1
const zoomStep = 1.25

export interface ViewBox {
  zoom(by: number): void
  whole(): void
}

/** Moves the `viewBox` of a drawing of this size. It is set by hand, for a frame must not draw the page anew. */
export function useViewBox(svg: RefObject<SVGSVGElement | null>, width: number, height: number): ViewBox {
  const box = useRef<Box>({ x: 0, y: 0, width, height })
  const show = useCallback(() => {
    const { x, y, width, height } = box.current
    svg.current?.setAttribute('viewBox', `${x} ${y} ${width} ${height}`)
  }, [])
  const whole = useCallback(() => {
    box.current = { x: 0, y: 0, width, height }
    show()
  }, [width, height])
  const zoomAt = useCallback(
    (by: number, part: { readonly x: number; readonly y: number }) => {
      const { x, y, width: wide, height: high } = box.current
      const scale = Math.min(Math.max(by, width / 20 / wide), (2 * width) / wide)
      box.current = {
        x: x + wide * part.x * (1 - scale),
        y: y + high * part.y * (1 - scale),
        width: wide * scale,
        height: high * scale,
      }
      show()
    },
    [width],
  )
  useEffect(whole, [whole])
  useEffect(() => {
    const element = svg.current
    if (element === null) return undefined
    let drag: Drag | undefined
    const perPixel = (): number => {
      const { clientWidth, clientHeight } = element
      return Math.max(box.current.width / clientWidth, box.current.height / clientHeight)
    }
    let wasMoved = false
    const settle = (): void => {
      wasMoved = drag?.isMoved === true
      if (drag === undefined || !wasMoved) return (drag = undefined)
      const scale = perPixel()
      box.current.x -= drag.x * scale
      box.current.y -= drag.y * scale
      drag = undefined
      element.style.removeProperty('transform')
      show()
    }
    const moves: Readonly<Record<string, (event: never) => void>> = {
      wheel: (event: WheelEvent) => {
        if (!event.ctrlKey && !event.metaKey && Math.abs(event.deltaX) > Math.abs(event.deltaY)) return
        event.preventDefault()
        const { left, top, width: wide, height: high } = element.getBoundingClientRect()
        zoomAt(event.deltaY > 0 ? zoomStep : 1 / zoomStep, {
          x: (event.clientX - left) / wide,
          y: (event.clientY - top) / high,
        })
      },
      pointerdown: ({ button, clientX, clientY }: PointerEvent) => {
        if (button === 0) drag = { fromX: clientX, fromY: clientY, x: 0, y: 0, isMoved: false }
      },
      pointermove: ({ buttons, clientX, clientY, pointerId }: PointerEvent) => {
        if (drag === undefined || buttons === 0) return
        drag.x = clientX - drag.fromX
        drag.y = clientY - drag.fromY
        if (!drag.isMoved && Math.hypot(drag.x, drag.y) < dragMin) return
        if (!drag.isMoved) element.setPointerCapture(pointerId)
        drag.isMoved = true
        // What is drawn is only moved: to draw a large map anew takes longer than a frame.
        element.style.setProperty('transform', `translate(${drag.x}px, ${drag.y}px)`)
      },
      pointerup: () => settle(),
      pointercancel: () => settle(),
      // A link under the hand that has moved the map is not meant.
      click: (event: MouseEvent) => {
        if (wasMoved) event.preventDefault()
        wasMoved = false
      },
      dragstart: (event: DragEvent) => event.preventDefault(),
      keydown: (event: KeyboardEvent) => {
        // The browser's own: its zoom, and its way back.
        if (event.ctrlKey || event.metaKey || event.altKey) return
        const { width: wide, height: high } = box.current
        const key = event.key
        if (key === '+' || key === '=') zoomAt(1 / zoomStep, { x: 0.5, y: 0.5 })
        else if (key === '-') zoomAt(zoomStep, { x: 0.5, y: 0.5 })
        else if (key === '0') whole()
        else if (key === 'ArrowLeft') box.current.x -= wide * stepPart
        else if (key === 'ArrowRight') box.current.x += wide * stepPart
        else if (key === 'ArrowUp') box.current.y -= high * stepPart
        else if (key === 'ArrowDown') box.current.y += high * stepPart
        else return
        event.preventDefault()
        show()
      },
    }
    const given = Object.entries(moves) as [string, (event: Event) => void][]
    for (const [type, move] of given) element.addEventListener(type, move, { passive: false })
    return () => {
      for (const [type, move] of given) element.removeEventListener(type, move)
    }
  }, [zoomAt, whole])
  return { zoom: (by) => zoomAt(by, { x: 0.5, y: 0.5 }), whole }
}
