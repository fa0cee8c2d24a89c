import type { Logger, LogLevel } from './types/index.js';

export type Log = (level: LogLevel, message: string, context?: object) => void;

/** Writes to the application's logger, or to the console; what a logger throws goes no further. */
export function logTo(logger: Logger = CONSOLE): Log {
  return (level, message, context) => {
    try {
      logger[level]?.(message, context);
    } catch (error) {
      console.error('The logger threw', error);
    }
  };
}

const CONSOLE: Logger = {
  warn: (message, context) => console.warn(message, ...(context ? [context] : [])),
  error: (message, context) => console.error(message, ...(context ? [context] : [])),
};
