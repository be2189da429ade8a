use dpfw::remote;

fn main() {
    let _ = remote!(
        (lambda (i o)
            (let* ((hash-table-size 1) (set-it! 2) (even-one? 3) (list->x 4) (a.b 5) (a::b 6) (*global* 7) (<record> 8)
                   (1+ 9) (-1+ 10) (2d 11) (λ-x 12) (let-it 13) (self 14) (match 15) (_x 16) (call/x 17) (%-of 18) (... 19) (key: 20)
                   (r#loop 21))
                (list hash-table-size set-it! even-one? list->x a.b a::b *global* <record> 1+ -1+ 2d λ-x let-it self match _x
                      call/x %-of ... key: loop)))
    );
}
