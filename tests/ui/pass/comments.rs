use dpfw::remote;

fn main() {
    let _ = remote!(
        // before
        (lambda (i o)
            /// documentation is a comment here
            //! of either kind
            (list 1 /* within */ 2 #;(not 'this) #| nor #| this |# |#)) // after
    );
}
