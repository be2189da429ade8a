use dpfw_ui_generator::quoted;

fn main() {
    let _ = quoted!();
}
