import { LitElement } from 'lit';
import type { SnowGlobeEventMap, SnowGlobeEvents } from './events.js';

/** An element with the events of a world. */
export class TypedElement extends LitElement {
  /** Tells whoever listens. */
  protected emit<K extends keyof SnowGlobeEvents>(type: K, detail: SnowGlobeEvents[K]['detail']): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Its events have types, where listeners are added by name. */
export interface TypedElement {
  /** Listens to an event of the element, whose `detail` has the type that `SnowGlobeEvents` says. */
  addEventListener<K extends keyof SnowGlobeEventMap>(
    type: K,
    listener: (this: this, event: SnowGlobeEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** Listens to any other event. */
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** Stops listening to an event of the element. */
  removeEventListener<K extends keyof SnowGlobeEventMap>(
    type: K,
    listener: (this: this, event: SnowGlobeEventMap[K]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  /** Stops listening to any other event. */
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}
