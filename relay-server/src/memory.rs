//! One setting of the system's allocator, so that memory that is given back really goes back. Nothing else.

#![allow(unsafe_code, reason = "glibc's mallopt has no safe face")]

/// Blocks from here on are mapped by themselves and unmapped when freed. Left alone, glibc raises its threshold to the
/// largest block that was ever freed, and then keeps the 19 MiB of each password check for ever.
const LARGE: libc::c_int = 1 << 20;

/// Makes large blocks go back to the system when they are freed; called once, before there are threads.
pub fn give_back_large_blocks() {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt sets a number inside the allocator; it takes no pointer, and no other thread exists yet.
    let set = unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE) } == 1;
    #[cfg(not(target_env = "gnu"))]
    let set = LARGE > 0;
    if !set {
        tracing::warn!("the allocator keeps large blocks");
    }
}
