//! Connections over real sockets, with a host that does as little as a core could.

mod deadlines;
mod limits;
mod output;
mod world;
mod world_tls;
