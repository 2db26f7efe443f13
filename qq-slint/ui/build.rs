//! Compiles the windows, with the translations of `lang/` bundled in.

fn main() {
    let config = slint_build::CompilerConfiguration::new()
        .with_bundled_translations("lang")
        // One sentence, one translation, wherever it stands; what differs says so by a context of its own in `@tr`.
        .with_default_translation_context(slint_build::DefaultTranslationContext::None)
        .with_style("fluent".into())
        // Element tests find an element by its id.
        .with_debug_info(true);
    slint_build::compile_with_config("main.slint", config).expect("the windows do not compile");
}
