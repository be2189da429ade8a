//! Slaves for tests: in this process, without a network.

use std::io;

use crate::{Master, Slave, SlaveBuilder, SlaveError, link::LinkError};

/// A master and some slaves of its own in this process, over socket pairs.
///
/// The slaves are threads: they run the same evaluator as those of other processes, and several of them run at once.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cluster = dpfw::testing::LocalCluster::start(2).await;
/// let five: i64 = cluster.master().run(dpfw::remote!((lambda (i o) (+ 2 3)))).await?;
/// assert_eq!(five, 5);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LocalCluster {
    master: Master,
    slaves: Vec<Slave>,
}

impl LocalCluster {
    /// Starts `slaves` slaves and a master that is linked to all of them.
    ///
    /// # Panics
    ///
    /// If threads or sockets cannot be had; [`start_with`](Self::start_with) returns the error.
    pub async fn start(slaves: usize) -> Self {
        match Self::start_with(Master::new(), slaves, Slave::builder).await {
            Ok(cluster) => cluster,
            Err(err) => panic!("the local cluster does not start: {err}"),
        }
    }

    /// Links `master` to as many new slaves, each made by a builder from `builder`.
    ///
    /// # Errors
    ///
    /// If threads or sockets cannot be had.
    pub async fn start_with(
        master: Master,
        slaves: usize,
        mut builder: impl FnMut() -> SlaveBuilder,
    ) -> Result<Self, SlaveError> {
        let mut started = Vec::with_capacity(slaves);
        for _ in 0..slaves {
            let slave = builder().build();
            let (near, far) = std::os::unix::net::UnixStream::pair()?;
            slave.spawn_on_socket(far)?;
            near.set_nonblocking(true)?;
            let near = tokio::net::UnixStream::from_std(near)?;
            master.connect_stream(near).await.map_err(|err| match err {
                crate::ConnectError::Link(err) => SlaveError::Link(err),
                other => SlaveError::Io(io::Error::other(other)),
            })?;
            started.push(slave);
        }
        Ok(Self { master, slaves: started })
    }

    /// The master.
    pub fn master(&self) -> &Master {
        &self.master
    }

    /// The slaves, in the order in which they were started.
    pub fn slaves(&self) -> &[Slave] {
        &self.slaves
    }

    /// Ends the slave at `index` as if it had been killed: its links break.
    ///
    /// # Panics
    ///
    /// If there is no such slave.
    pub fn kill(&self, index: usize) {
        self.slaves[index].kill(&LinkError::Closed);
    }
}
