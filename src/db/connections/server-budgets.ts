import { createFairSlots, type FairSlots } from '../../concurrency/fair-slots.ts';
import { serverOf } from '../../config/datasource.ts';
import { type ConnectionPermits, createConnectionPermits } from './connection-permits.ts';

/** The address of a server. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** The limits of one process's connections. */
export interface BudgetOptions {
  /** The maximum number of connections to one server; by default, what the server allows. */
  readonly bound?: number | undefined;
  /** The server of the central database, to which this process also has connections. */
  readonly central?: (ServerAddress & { readonly connections: number }) | undefined;
}

/** The number of connections that a server allows ordinary roles; `pooler` if unknown behind a pooler. */
export type Allowance = number | 'pooler';

/** The connections of this process to one server. */
export interface ServerBudget {
  readonly slots: FairSlots;
  readonly permits: ConnectionPermits;
  /** Learns the capacity that a new connection has found. */
  learn(allowance: Allowance): void;
}

/** The budgets of all servers. */
export interface ServerBudgets {
  of(address: ServerAddress): ServerBudget;
  /** Sets the number of processes that share the servers, including this one. */
  share(processes: number): void;
  /** The sums over all servers in use. */
  statistics(): {
    readonly budget: number;
    readonly open: number;
    readonly inUse: number;
    readonly waiting: number;
  };
}

/** The initial budget: enough to learn the server's limit within milliseconds, and few enough for any server. */
const untilKnown = 4;

/** PgBouncer's default `max_client_conn`, because its settings can't be read like a server's. */
const poolerAllowance = 100;

/** The reserve for scripts, migrations, people, and processes that have just started or ended. */
const reserveOf = (allowance: number) => Math.max(3, Math.ceil(allowance / 10));

/** Creates the budgets of one process: one for each server, which only managers can add. */
export function createServerBudgets({ bound, central }: BudgetOptions): ServerBudgets {
  const servers = new Map<string, ServerBudget & { settle(): number }>();
  let processes = 1;

  function capacityFor(server: string, allowance: Allowance | null): number {
    if (allowance === null) return Math.min(untilKnown, bound ?? untilKnown);
    if (allowance === 'pooler' && bound !== undefined) return bound;
    const allowed = allowance === 'pooler' ? poolerAllowance : allowance;
    const share = Math.floor((allowed - reserveOf(allowed)) / processes);
    // On a small server, the central database gets half.
    const others = central && serverOf(central) === server ? Math.min(central.connections, share / 2) : 0;
    return Math.max(1, Math.min(Math.floor(share - others), bound ?? share));
  }

  function addServer(server: string) {
    let allowance: Allowance | null = null;
    const capacity = capacityFor(server, allowance);
    const slots = createFairSlots(capacity);
    const permits = createConnectionPermits(capacity);
    let current = capacity;
    const settle = () => {
      const wanted = capacityFor(server, allowance);
      if (wanted !== current) {
        current = wanted;
        permits.resize(wanted);
        slots.resize(wanted);
      }
      return current;
    };
    const budget = {
      slots,
      permits,
      settle,
      learn(learnt: Allowance) {
        allowance = learnt;
        settle();
      },
    };
    servers.set(server, budget);
    return budget;
  }

  return {
    of(address) {
      const server = serverOf(address);
      return servers.get(server) ?? addServer(server);
    },
    share(count) {
      processes = count;
      for (const { settle } of servers.values()) settle();
    },
    statistics() {
      const sums = { budget: 0, open: 0, inUse: 0, waiting: 0 };
      for (const { slots, permits, settle } of servers.values()) {
        const { inUse, waiting } = slots.statistics();
        sums.budget += settle();
        sums.open += permits.taken();
        sums.inUse += inUse;
        sums.waiting += waiting;
      }
      return sums;
    },
  };
}
