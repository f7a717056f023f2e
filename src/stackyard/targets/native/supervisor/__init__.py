"""The native supervisor: starts programs, watches them, writes their logs, and leaves nothing behind.

    machine      decides (pure): one event in, new state, actions and a sentence out
    child        carries the decisions out for one program: spawn, probes, ends every process of it
    server       the supervisor process: all children, adoption, shutdown
    control      the requests of its socket;  client is the other end, for the command line
    guardian     a small process that acts when the supervisor itself is killed

Everything here is standard library, so that the process stays small and starts quickly. Only `schedule` imports
cronsim, and only when a program has a schedule.
"""
