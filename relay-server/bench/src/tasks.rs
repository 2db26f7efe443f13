//! Many things at once on one thread: what the clients do.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use tokio::task::{JoinHandle, spawn_local};

/// Whatever takes longer is stuck.
const PATIENCE: Duration = Duration::from_secs(90);

/// Does `work` for each item, so many at a time; the results in the items' order. The first failure ends it.
pub async fn at_most<I, T, F>(
    most: usize,
    items: impl IntoIterator<Item = I>,
    work: impl Fn(I) -> F + Clone + 'static,
) -> Result<Vec<T>>
where
    I: 'static,
    T: 'static,
    F: Future<Output = Result<T>> + 'static,
{
    let items: Vec<I> = items.into_iter().collect();
    let results: Vec<Option<T>> = items.iter().map(|_| None).collect();
    let (queue, results) =
        (Rc::new(RefCell::new(items.into_iter().enumerate())), Rc::new(RefCell::new(results)));
    let workers = (0..most).map(|_| {
        let (queue, results, work) = (Rc::clone(&queue), Rc::clone(&results), work.clone());
        async move {
            loop {
                let Some((at, item)) = queue.borrow_mut().next() else { return Ok(()) };
                let result = work(item).await?;
                results.borrow_mut()[at] = Some(result);
            }
        }
    });
    all(workers).await?;
    let results = results.take();
    Ok(results.into_iter().flatten().collect())
}

/// All at once; the results in order. The first failure ends the others.
pub async fn all<T, F>(futures: impl IntoIterator<Item = F>) -> Result<Vec<T>>
where
    T: 'static,
    F: Future<Output = Result<T>> + 'static,
{
    let tasks: Vec<Task<T>> = futures.into_iter().map(|future| Task(spawn_local(future))).collect();
    let mut results = Vec::with_capacity(tasks.len());
    for mut task in tasks {
        let joined = tokio::time::timeout(PATIENCE, &mut task.0).await;
        let joined = joined.map_err(|_| anyhow!("nothing happened for {} s", PATIENCE.as_secs()))?;
        results.push(joined??);
    }
    Ok(results)
}

/// Ends with its owner.
struct Task<T>(JoinHandle<Result<T>>);

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order_and_a_failure_is_told() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let doubled = at_most(3, 0..10, |n| async move { Ok(2 * n) }).await.unwrap();
            assert_eq!(doubled, (0..10).map(|n| 2 * n).collect::<Vec<_>>());
            let failed =
                at_most(3, 0..10, |n| async move { if n == 7 { Err(anyhow!("no")) } else { Ok(n) } }).await;
            assert_eq!(failed.unwrap_err().to_string(), "no");
        });
    }
}
